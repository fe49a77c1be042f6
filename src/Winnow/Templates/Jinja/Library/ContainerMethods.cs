using Winnow.Templates.Jinja.Values;

namespace Winnow.Templates.Jinja.Library;

/// <summary>The methods of dicts, lists, tuples and other containers that change nothing.</summary>
internal static class ContainerMethods
{
    public static IReadOnlyDictionary<string, Builtin> OfDict { get; } = ByName(
        new("keys", "", (_, self, _) => new DictView((PythonDict)self!, DictViewKind.Keys)),
        new("values", "", (_, self, _) => new DictView((PythonDict)self!, DictViewKind.Values)),
        new("items", "", (_, self, _) => new DictView((PythonDict)self!, DictViewKind.Items)),
        new("get", "_ _?", (runtime, self, arguments) =>
            ((PythonDict)self!).TryGet(runtime.RequireHashable(arguments[0]), out object? value) ? value
            : arguments[1] is Missing ? null : arguments[1]),
        new("copy", "", (runtime, self, _) => Copy(runtime, (PythonDict)self!)));

    public static IReadOnlyDictionary<string, Builtin> OfSequence { get; } = ByName(
        new("count", "_", (runtime, self, arguments) => (long)runtime.Iterate(self).Count(item => runtime.AreEqual(item, arguments[0]))),
        new("index", "_ _? _?", (runtime, self, arguments) => Index(runtime, self, arguments)),
        new("copy", "", (runtime, self, _) => runtime.ToList(self)));

    public static IReadOnlyDictionary<string, Builtin> OfCycler { get; } = ByName(
        new("next", "", (_, self, _) => ((Cycler)self!).Next()),
        new("reset", "", (_, self, _) =>
        {
            ((Cycler)self!).Reset();
            return null;
        }));

    public static Builtin IsInteger { get; } = new("is_integer", "", (_, self, _) => double.IsInteger((double)self!));

    private static Dictionary<string, Builtin> ByName(params Builtin[] methods) =>
        methods.ToDictionary(method => method.Name, StringComparer.Ordinal);

    private static PythonDict Copy(Runtime runtime, PythonDict source)
    {
        runtime.Charge(source.Count);
        PythonDict copy = new(runtime);
        foreach ((object? key, object? value) in source.Entries)
        {
            copy.Set(key, value);
        }

        return copy;
    }

    private static long Index(Runtime runtime, object? self, object?[] arguments)
    {
        List<object?> items = runtime.ToList(self);
        int start = Clip(Number.Index(arguments[1], 0));
        int stop = Clip(Number.Index(arguments[2], items.Count));
        for (int i = start; i < stop; i++)
        {
            if (runtime.AreEqual(items[i], arguments[0]))
            {
                return i;
            }
        }

        throw TemplateRuntimeException.Value($"{runtime.Represent(arguments[0])} is not in {PythonType.Name(self)}");

        int Clip(int index) => Math.Clamp(index < 0 ? index + items.Count : index, 0, items.Count);
    }
}
