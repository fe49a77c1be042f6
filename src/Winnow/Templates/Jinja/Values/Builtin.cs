namespace Winnow.Templates.Jinja.Values;

/// <summary>A function or method that the environment provides.</summary>
internal sealed class Builtin(string name, Func<Runtime, object?, CallArguments, object?> body)
{
    public Builtin(string name, string parameters, Func<Runtime, object?, object?[], object?> body)
        : this(name, Bind(name, new Signature(parameters), body))
    {
    }

    public string Name { get; } = name;

    /// <param name="runtime">The rendering.</param>
    /// <param name="self">The object whose method it is, or the value that is filtered; null for a function.</param>
    /// <param name="arguments">The other arguments.</param>
    public object? Call(Runtime runtime, object? self, CallArguments arguments) => body(runtime, self, arguments);

    private static Func<Runtime, object?, CallArguments, object?> Bind(
        string name, Signature signature, Func<Runtime, object?, object?[], object?> body) =>
        (runtime, self, arguments) => body(runtime, self, signature.Bind(name, arguments));
}

/// <summary>A method together with its object.</summary>
internal sealed record BoundMethod(Builtin Method, object? Self);
