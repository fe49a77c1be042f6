namespace Winnow.Templates.Jinja.Values;

/// <summary>A function or method that the environment provides.</summary>
internal sealed class Builtin(string name, Func<Runtime, object?, CallArguments, object?> body)
{
    public Builtin(string name, string parameters, Func<Runtime, object?, object?[], object?> body)
        : this(name, Bind(name, new Signature(parameters), body))
    {
    }

    public string Name { get; } = name;

    /// <summary>Whether the texts that it makes keep the places of what comes from the input; other ones count as input altogether.</summary>
    public bool KeepsOrigins { get; init; }

    /// <param name="runtime">The rendering.</param>
    /// <param name="self">The object whose method it is, or the value that is filtered; null for a function.</param>
    /// <param name="arguments">The other arguments.</param>
    /// <remarks>Texts that go in or come out are charged here, whatever the function does with them.</remarks>
    public object? Call(Runtime runtime, object? self, CallArguments arguments)
    {
        ChargeText(runtime, self);
        foreach (object? argument in arguments.Positional)
        {
            ChargeText(runtime, argument);
        }

        foreach ((_, object? argument) in arguments.Keywords)
        {
            ChargeText(runtime, argument);
        }

        object? result = body(runtime, self, arguments);
        ChargeText(runtime, result);
        return KeepsOrigins || PythonText.AsString(result) is not { } text ? result : Made(runtime, text, self, arguments, result);
    }

    private static void ChargeText(Runtime runtime, object? value)
    {
        if (value is string or Markup)
        {
            runtime.ChargeText((value as string ?? ((Markup)value).Text).Length);
        }
    }

    private static object? Made(Runtime runtime, string text, object? self, CallArguments arguments, object? result)
    {
        runtime.Made(text, [self, .. arguments.Positional, .. arguments.Keywords.Select(pair => pair.Value)]);
        return result;
    }

    private static Func<Runtime, object?, CallArguments, object?> Bind(
        string name, Signature signature, Func<Runtime, object?, object?[], object?> body) =>
        (runtime, self, arguments) => body(runtime, self, signature.Bind(name, arguments));
}

/// <summary>A method together with its object.</summary>
internal sealed record BoundMethod(Builtin Method, object? Self);
