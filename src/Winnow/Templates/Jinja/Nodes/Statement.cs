namespace Winnow.Templates.Jinja.Nodes;

/// <summary>How execution goes on behind a statement.</summary>
internal enum Flow
{
    Next,
    Break,
    Continue,
}

/// <summary>A part of a template that does something: writes text, sets a variable, chooses or repeats.</summary>
internal abstract class Statement(int line)
{
    public int Line { get; } = line;

    public abstract Flow Execute(Scope scope);

    public static Flow Execute(Statement[] body, Scope scope)
    {
        foreach (Statement statement in body)
        {
            scope.Runtime.Step(statement.Line);
            Flow flow = statement.Execute(scope);
            if (flow != Flow.Next)
            {
                return flow;
            }
        }

        return Flow.Next;
    }
}
