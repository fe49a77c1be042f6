using Winnow.Templates.Jinja.Values;

namespace Winnow.Templates.Jinja.Library;

/// <summary>Filters that count, order and group items.</summary>
internal static partial class Filters
{
    private static IEnumerable<Builtin> Sequences() =>
    [
        new("default", "default_value? boolean?", (runtime, value, a) => Default(runtime, value, a)),
        new("d", "default_value? boolean?", (runtime, value, a) => Default(runtime, value, a)),
        new("length", "", (runtime, value, _) => Runtime.Count(value)),
        new("count", "", (runtime, value, _) => Runtime.Count(value)),
        new("list", "", (runtime, value, _) => runtime.ToList(value)),
        new("first", "", (runtime, value, _) => First(runtime.Iterate(value), "No first item, sequence was empty.")) { KeepsOrigins = true },
        new("last", "", (runtime, value, _) => First(Reversed(runtime, value), "No last item, sequence was empty.")) { KeepsOrigins = true },
        new("random", "", (runtime, value, _) => PickAny(runtime, value)),
        new("join", "d? attribute?", (runtime, value, a) => Join(runtime, value, a)) { KeepsOrigins = true },
        new("reverse", "", (runtime, value, _) => Reverse(runtime, value)),
        new("items", "", (_, value, _) => Items(value)),
        new("dictsort", "case_sensitive? by? reverse?", DictSort),
        new("sort", "reverse? case_sensitive? attribute?", (runtime, value, a) => Sort(
            runtime, runtime.ToList(value), SortKey(runtime, Or(a[2], null), Flag(a[1])), Flag(a[0]))),
        new("unique", "case_sensitive? attribute?", (runtime, value, a) => new Generator(
            Unique(runtime, value, Key(runtime, Or(a[1], null), Flag(a[0]))))),
        new("min", "case_sensitive? attribute?", (runtime, value, a) => Extreme(runtime, value, a, -1)),
        new("max", "case_sensitive? attribute?", (runtime, value, a) => Extreme(runtime, value, a, 1)),
        new("groupby", "attribute default? case_sensitive?", GroupBy),
        new("batch", "linecount fill_with?", (runtime, value, a) => new Generator(Batch(runtime, value, Number.Index(a[0]), Or(a[1], null)))),
        new("slice", "slices fill_with?", (runtime, value, a) => new Generator(Slice(runtime, value, Number.Index(a[0]), Or(a[1], null)))),
    ];

    private static object? Default(Runtime runtime, object? value, object?[] arguments) =>
        value is Undefined || (Flag(arguments[1]) && !Runtime.IsTrue(value)) ? Or(arguments[0], "") : value;

    private static object? First(IEnumerable<object?> items, string whenEmpty)
    {
        foreach (object? item in items)
        {
            return item;
        }

        return new Undefined(whenEmpty);
    }

    private static object? PickAny(Runtime runtime, object? value)
    {
        long count = Runtime.Count(value);
        return count == 0 ? new Undefined("No random item, sequence was empty.") : runtime.GetItem(value, Random.Shared.NextInt64(count));
    }

    /// <summary>Python's <c>reversed</c>, which needs a sequence.</summary>
    private static List<object?> Reversed(Runtime runtime, object? value)
    {
        if (value is Generator || Runtime.TryCount(value) is null)
        {
            throw TemplateRuntimeException.Type($"'{PythonType.Name(value)}' object is not reversible");
        }

        List<object?> items = runtime.ToList(value);
        items.Reverse();
        return items;
    }

    private static object? Reverse(Runtime runtime, object? value)
    {
        switch (value)
        {
            case string text:
                runtime.ChargeText(text.Length);
                return string.Concat(CodePoints.Split(text).Reverse());
            case Markup markup:
                return new Markup(string.Concat(CodePoints.Split(markup.Text).Reverse()));
            case Generator:
                List<object?> items = runtime.ToList(value);
                items.Reverse();
                return items;
            default:
                return runtime.TryIterate(value, out _)
                    ? new Generator(Reversed(runtime, value))
                    : throw new TemplateRuntimeException("FilterArgumentError: argument must be iterable");
        }
    }

    private static string Join(Runtime runtime, object? value, object?[] arguments)
    {
        Func<object?, object?> select = AttributeOf(runtime, Or(arguments[1], null), Missing.Value);
        IEnumerable<object?> texts = runtime.Iterate(value).Select(item => runtime.ToText(select(item)));
        return StringMethods.Join(runtime, runtime.ToText(Or(arguments[0], "")), new Generator(texts));
    }

    private static Generator Items(object? value) => new(ItemsOf(value));

    private static IEnumerable<object?> ItemsOf(object? value)
    {
        if (value is Undefined)
        {
            yield break;
        }

        PythonDict dict = value as PythonDict ?? throw TemplateRuntimeException.Type("Can only get item pairs from a mapping.");
        foreach ((object? key, object? item) in dict.Entries)
        {
            yield return new PythonTuple([key, item]);
        }
    }

    private static List<object?> DictSort(Runtime runtime, object? value, object?[] arguments)
    {
        int position = Or(arguments[1], "key") switch
        {
            "key" => 0,
            "value" => 1,
            _ => throw new TemplateRuntimeException("FilterArgumentError: You can only sort by either \"key\" or \"value\""),
        };
        PythonDict dict = value switch
        {
            PythonDict mapping => mapping,
            Undefined undefined => throw undefined.Fail(),
            _ => throw TemplateRuntimeException.Type($"'{PythonType.Name(value)}' object has no attribute 'items'"),
        };
        bool caseSensitive = Flag(arguments[0]);
        return Sort(
            runtime,
            runtime.ToList(new DictView(dict, DictViewKind.Items)),
            pair => Fold(((PythonTuple)pair!).Items[position], caseSensitive),
            Flag(arguments[2]));
    }

    private static List<object?> Sort(Runtime runtime, List<object?> items, Func<object?, object?> key, bool reverse)
    {
        List<(object? Key, object? Item)> keyed = items.ConvertAll(item => (key(item), item));
        return StableSort.Sort(keyed, (left, right) =>
        {
            runtime.Charge(1);
            return runtime.Order(left.Key, right.Key) ?? 0;
        }, reverse).ConvertAll(pair => pair.Item);
    }

    private static IEnumerable<object?> Unique(Runtime runtime, object? value, Func<object?, object?> key)
    {
        PythonDict seen = new(runtime);
        foreach (object? item in runtime.Iterate(value))
        {
            object? identity = runtime.RequireHashable(key(item));
            if (!seen.TryGet(identity, out _))
            {
                seen.Set(identity, null);
                yield return item;
            }
        }
    }

    private static object? Extreme(Runtime runtime, object? value, object?[] arguments, int direction)
    {
        Func<object?, object?> key = Key(runtime, Or(arguments[1], null), Flag(arguments[0]));
        object? best = null;
        object? bestKey = Missing.Value;
        foreach (object? item in runtime.Iterate(value))
        {
            object? candidate = key(item);
            if (bestKey is Missing || runtime.Order(candidate, bestKey, direction < 0 ? "<" : ">") is { } order && order * direction > 0)
            {
                (best, bestKey) = (item, candidate);
            }
        }

        return bestKey is Missing ? new Undefined("No aggregated item, sequence was empty.") : best;
    }

    private static List<object?> GroupBy(Runtime runtime, object? value, object?[] arguments)
    {
        bool caseSensitive = Flag(arguments[2]);
        Func<object?, object?> grouper = AttributeOf(runtime, arguments[0], arguments[1] is null ? Missing.Value : arguments[1]);
        List<object?> groups = [];
        List<object?> current = [];
        object? currentKey = Missing.Value;
        foreach (object? item in Sort(runtime, runtime.ToList(value), item => Fold(grouper(item), caseSensitive), reverse: false))
        {
            object? key = Fold(grouper(item), caseSensitive);
            if (currentKey is Missing || !runtime.AreEqual(key, currentKey))
            {
                current = [];
                currentKey = key;
                groups.Add(new PythonTuple([grouper(item), current], ["grouper", "list"]));
            }

            current.Add(item);
        }

        return groups;
    }

    private static IEnumerable<object?> Batch(Runtime runtime, object? value, int count, object? fill)
    {
        List<object?> batch = [];
        foreach (object? item in runtime.Iterate(value))
        {
            if (batch.Count == count)
            {
                yield return batch;
                batch = [];
            }

            batch.Add(item);
        }

        if (batch.Count == 0)
        {
            yield break;
        }

        int missing = fill is null ? 0 : Math.Max(count - batch.Count, 0);
        runtime.Charge(missing);
        batch.AddRange(Enumerable.Repeat(fill, missing));
        yield return batch;
    }

    private static IEnumerable<object?> Slice(Runtime runtime, object? value, int slices, object? fill)
    {
        List<object?> items = runtime.ToList(value);
        if (slices == 0)
        {
            throw new TemplateRuntimeException("ZeroDivisionError: integer division or modulo by zero");
        }

        (int each, int extra) = Math.DivRem(items.Count, Math.Max(slices, 1));
        int from = 0;
        for (int i = 0; i < slices; i++)
        {
            runtime.Charge(1);
            int count = each + (i < extra ? 1 : 0);
            List<object?> slice = items.GetRange(from, count);
            from += count;
            if (fill is not null && i >= extra)
            {
                slice.Add(fill);
            }

            yield return slice;
        }
    }
}
