using Winnow.Templates.Jinja.Values;

namespace Winnow.Templates.Jinja.Library;

/// <summary>The functions that every template sees.</summary>
internal static class Globals
{
    public static IReadOnlyDictionary<string, Builtin> Table { get; } = new Builtin[]
    {
        new("range", "_ _? _?", (_, _, arguments) => Range(arguments)),
        new("dict", (runtime, _, arguments) => Dict(runtime, "dict", arguments)),
        new("namespace", (runtime, _, arguments) => new Namespace(Dict(runtime, "namespace", arguments))),
        new("cycler", (_, _, arguments) => arguments.Positional.Length > 0
            ? new Cycler(arguments.Positional)
            : throw new TemplateRuntimeException("RuntimeError: at least one item has to be provided")),
        new("joiner", "sep?", (_, _, arguments) => new Joiner(arguments[0] is Missing ? ", " : arguments[0])),
        new("raise_exception", "message", (runtime, _, arguments) => throw new TemplateRuntimeException(runtime.ToText(arguments[0]))),
        new("strftime_now", "format", (runtime, _, arguments) => Now(runtime, arguments[0])),
    }.ToDictionary(function => function.Name, StringComparer.Ordinal);

    private static PythonRange Range(object?[] arguments) => arguments[1] is Missing
        ? new PythonRange(0, Integer(arguments[0]), 1)
        : new PythonRange(Integer(arguments[0]), Integer(arguments[1]), arguments[2] is Missing ? 1 : Integer(arguments[2]));

    private static long Integer(object? value) => value is Undefined undefined ? throw undefined.Fail() : Number.Index(value);

    private static PythonDict Dict(Runtime runtime, string name, CallArguments arguments)
    {
        PythonDict dict = new(runtime);
        switch (arguments.Positional)
        {
            case []:
                break;
            case [PythonDict source]:
                foreach ((object? key, object? value) in source.Entries)
                {
                    runtime.Charge(1);
                    dict.Set(key, value);
                }

                break;
            case [object pairs]:
                foreach (object? pair in runtime.Iterate(pairs))
                {
                    List<object?> entry = runtime.ToList(pair);
                    dict.Set(
                        entry.Count == 2 ? runtime.RequireHashable(entry[0]) : throw TemplateRuntimeException.Value(
                            $"dictionary update sequence element has length {entry.Count}; 2 is required"),
                        entry[1]);
                }

                break;
            default:
                throw TemplateRuntimeException.Type($"{name} expected at most 1 argument, got {arguments.Positional.Length}");
        }

        foreach ((string key, object? value) in arguments.Keywords)
        {
            dict.Set(key, value);
        }

        return dict;
    }

    private static string Now(Runtime runtime, object? format)
    {
        string text = PythonText.AsString(format)
            ?? throw TemplateRuntimeException.Type($"strftime() argument 1 must be str, not {PythonType.Name(format)}");
        runtime.ChargeText((long)text.Length * 16);
        return StrfTime.Format(runtime.Clock.GetLocalNow().DateTime, text);
    }
}
