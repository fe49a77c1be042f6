namespace Winnow.Templates.Jinja.Values;

/// <summary>What is not there: prints as nothing, is false and empty, and fails when anything else is done with it.</summary>
internal sealed class Undefined(string message, bool isUnsafe = false)
{
    private readonly string _message = message;

    public static Undefined Variable(string name) => new($"'{name}' is undefined");

    public static Undefined Attribute(object? owner, string name) => new($"'{PythonType.Describe(owner)}' has no attribute '{name}'");

    public static Undefined Item(object? owner, object? key) => key is string or Markup
        ? Attribute(owner, key.ToString()!)
        : new Undefined($"{PythonType.Describe(owner)} has no element {key ?? "None"}");

    /// <summary>What the sandbox withholds, such as methods that change a list.</summary>
    public static Undefined Unsafe(object? owner, string name) =>
        new($"access to attribute '{name}' of '{PythonType.Name(owner)}' object is unsafe.", isUnsafe: true);

    public TemplateRuntimeException Fail() => new((isUnsafe ? "SecurityError: " : "UndefinedError: ") + _message);
}
