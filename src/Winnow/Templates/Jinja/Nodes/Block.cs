using Winnow.Templates.Jinja.Syntax;

namespace Winnow.Templates.Jinja.Nodes;

/// <summary>Statements with variables of their own.</summary>
internal sealed class Block(Statement[] statements, ScopeNames names)
{
    public Statement[] Statements { get; } = statements;

    public Scope Open(Scope outer)
    {
        Scope inner = new(outer.Runtime, outer);
        inner.Hide(names.Hidden);
        return inner;
    }

    /// <summary>Executes the statements and takes what they write.</summary>
    public Flow Capture(Scope inner, out string text)
    {
        TextBuilder outer = inner.Runtime.BeginCapture();
        try
        {
            Flow flow = Statement.Execute(Statements, inner);
            text = inner.Runtime.EndText();
            return flow;
        }
        finally
        {
            inner.Runtime.EndCapture(outer);
        }
    }
}
