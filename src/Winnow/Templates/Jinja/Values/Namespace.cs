namespace Winnow.Templates.Jinja.Values;

/// <summary>The only thing that a template can change from an inner scope.</summary>
internal sealed class Namespace(PythonDict attributes)
{
    public PythonDict Attributes { get; } = attributes;

    public void Set(string name, object? value) => Attributes.Set(name, value);
}
