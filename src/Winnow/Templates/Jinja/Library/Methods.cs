using Winnow.Templates.Jinja.Values;

namespace Winnow.Templates.Jinja.Library;

/// <summary>The methods of Python's types.</summary>
internal static class Methods
{
    private static readonly HashSet<string> MutatesList = ["append", "clear", "pop", "reverse", "insert", "sort", "extend", "remove"];
    private static readonly HashSet<string> MutatesDict = ["clear", "pop", "popitem", "setdefault", "update"];

    // What every Python object has; the sandbox withholds all of it.
    private static readonly HashSet<string> Internal =
    [
        "__class__", "__doc__", "__dir__", "__eq__", "__format__", "__getattribute__", "__hash__", "__init__", "__init_subclass__",
        "__new__", "__reduce__", "__reduce_ex__", "__repr__", "__setattr__", "__sizeof__", "__str__", "__subclasshook__",
    ];

    /// <summary>Finds a method; one that the sandbox withholds is found as <see cref="Undefined"/>.</summary>
    public static bool TryGet(object? owner, string name, out object? member)
    {
        Builtin? method = null;
        bool isUnsafe = name.StartsWith("__", StringComparison.Ordinal) && Internal.Contains(name);
        switch (owner)
        {
            case string or Markup:
                StringMethods.Table.TryGetValue(name, out method);
                break;
            case PythonDict:
                ContainerMethods.OfDict.TryGetValue(name, out method);
                isUnsafe |= MutatesDict.Contains(name);
                break;
            case List<object?>:
                ContainerMethods.OfSequence.TryGetValue(name, out method);
                isUnsafe |= MutatesList.Contains(name);
                break;
            case PythonTuple or PythonRange:
                method = name == "copy" ? null : ContainerMethods.OfSequence.GetValueOrDefault(name);
                break;
            case Cycler:
                ContainerMethods.OfCycler.TryGetValue(name, out method);
                break;
            case double:
                method = name == "is_integer" ? ContainerMethods.IsInteger : null;
                break;
        }

        member = isUnsafe ? Undefined.Unsafe(owner, name) : method is null ? null : new BoundMethod(method, owner);
        return isUnsafe || method is not null;
    }

    public static object? Call(Runtime runtime, BoundMethod bound, CallArguments arguments)
    {
        if (bound.Self is not Markup markup)
        {
            return bound.Method.Call(runtime, bound.Self, arguments);
        }

        // What markup is joined with is escaped, except where it only says what to look for.
        bool escapes = bound.Method.Name is "join" or "replace" or "center" or "ljust" or "rjust";
        CallArguments given = escapes ? new CallArguments([.. arguments.Positional.Select(value => Escape(runtime, value))], arguments.Keywords) : arguments;
        return Wrap(bound.Method.Name is "format" or "format_map"
            ? StringMethods.Format(runtime, markup.Text, bound.Method.Name, arguments, escape: true)
            : bound.Method.Call(runtime, markup.Text, given));
    }

    private static object? Escape(Runtime runtime, object? value) => value switch
    {
        string or Markup => runtime.EscapeText(value),
        List<object?> list => list.Select(item => Escape(runtime, item)).ToList(),
        _ => value,
    };

    private static object? Wrap(object? value) => value switch
    {
        string text => new Markup(text),
        List<object?> list => list.Select(Wrap).ToList(),
        PythonTuple tuple => new PythonTuple([.. tuple.Items.Select(Wrap)]),
        _ => value,
    };
}
