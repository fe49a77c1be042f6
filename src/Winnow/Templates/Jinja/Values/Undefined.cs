namespace Winnow.Templates.Jinja.Values;

/// <summary>What is not there: prints as nothing, is false and empty, and fails when anything else is done with it.</summary>
/// <remarks>A loop may make millions of them and never ask why, so the reason is put into words only then.</remarks>
internal sealed class Undefined
{
    private readonly Func<object?, object?, string> _describe;
    private readonly object? _owner;
    private readonly object? _key;

    /// <param name="message">Why it is not there.</param>
    public Undefined(string message)
        : this(static (_, message) => $"UndefinedError: {message}", null, message)
    {
    }

    private Undefined(Func<object?, object?, string> describe, object? owner, object? key)
    {
        _describe = describe;
        _owner = owner;
        _key = key;
    }

    public static Undefined Variable(string name) => new(static (_, name) => $"UndefinedError: '{name}' is undefined", null, name);

    public static Undefined Attribute(object? owner, string name) =>
        new(static (owner, name) => $"UndefinedError: '{PythonType.Describe(owner)}' has no attribute '{name}'", owner, name);

    public static Undefined Item(object? owner, object? key) => key is string or Markup
        ? Attribute(owner, key.ToString()!)
        : new(static (owner, key) => $"UndefinedError: {PythonType.Describe(owner)} has no element {key ?? "None"}", owner, key);

    /// <summary>What the sandbox withholds, such as methods that change a list.</summary>
    public static Undefined Unsafe(object? owner, string name) =>
        new(static (owner, name) => $"SecurityError: access to attribute '{name}' of '{PythonType.Name(owner)}' object is unsafe.", owner, name);

    public TemplateRuntimeException Fail() => new(_describe(_owner, _key));
}
