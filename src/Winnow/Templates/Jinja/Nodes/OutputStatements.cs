namespace Winnow.Templates.Jinja.Nodes;

/// <summary>Text outside of tags.</summary>
internal sealed class TextStatement(int line, string text) : Statement(line)
{
    public override Flow Execute(Scope scope)
    {
        scope.Runtime.Write(text);
        return Flow.Next;
    }
}

/// <summary><c>{{ value }}</c></summary>
internal sealed class PrintStatement(int line, Expression value) : Statement(line)
{
    public override Flow Execute(Scope scope)
    {
        scope.Runtime.Write(scope.Runtime.ToText(value.Evaluate(scope)));
        return Flow.Next;
    }
}
