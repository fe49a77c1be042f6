namespace Winnow.Templates.Jinja.Nodes;

/// <summary>A part of a template that has a value.</summary>
internal abstract class Expression(int line)
{
    public int Line { get; } = line;

    public abstract object? Evaluate(Scope scope);
}
