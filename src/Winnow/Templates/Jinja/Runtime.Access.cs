using Winnow.Templates.Jinja.Library;
using Winnow.Templates.Jinja.Values;

namespace Winnow.Templates.Jinja;

/// <summary>Attributes, items, slices, iteration, calls.</summary>
internal sealed partial class Runtime
{
    /// <summary><c>owner.name</c></summary>
    public object? GetAttribute(object? owner, string name)
    {
        if (TryGetMember(owner, name, out object? member) || TryGetItem(owner, name, out member))
        {
            return member;
        }

        return Undefined.Attribute(owner, name);
    }

    /// <summary><c>owner[key]</c></summary>
    public object? GetItem(object? owner, object? key)
    {
        if (TryGetItem(owner, key, out object? item) || (PythonText.AsString(key) is { } name && TryGetMember(owner, name, out item)))
        {
            return item;
        }

        return Undefined.Item(owner, key);
    }

    /// <summary><c>owner[start:stop:step]</c></summary>
    public object? GetSlice(object? owner, object? start, object? stop, object? step)
    {
        switch (owner)
        {
            case Undefined undefined:
                throw undefined.Fail();
            case string text:
                return SliceText(text, start, stop, step);
            case Markup markup:
                return new Markup(SliceText(markup.Text, start, stop, step));
            case List<object?> list:
                return SliceIndices(list.Count, start, stop, step).Select(index => list[index]).ToList();
            case PythonTuple tuple:
                return new PythonTuple([.. SliceIndices(tuple.Items.Length, start, stop, step).Select(index => tuple.Items[index])]);
            case PythonRange range:
                return SliceRange(range, start, stop, step);
            case PythonDict:
                throw TemplateRuntimeException.Type("unhashable type: 'slice'");
            default:
                throw TemplateRuntimeException.Type($"'{PythonType.Name(owner)}' object is not subscriptable");
        }
    }

    /// <summary>The items of a value, one after the other.</summary>
    public IEnumerable<object?> Iterate(object? value) => TryIterate(value, out IEnumerable<object?> items)
        ? items
        : throw TemplateRuntimeException.Type($"'{PythonType.Name(value)}' object is not iterable");

    public bool TryIterate(object? value, out IEnumerable<object?> items)
    {
        IEnumerable<object?>? source = value switch
        {
            List<object?> list => list,
            PythonTuple tuple => tuple.Items,
            PythonDict dict => dict.Keys,
            DictView view => view.Items,
            PythonRange range => range.Items,
            Generator generator => generator.Items,
            string text => Characters(text),
            Markup markup => Characters(markup.Text).Select(c => new Markup(c)),
            Undefined => [],
            _ => null,
        };
        items = source is null ? [] : Metered(source);
        return source is not null;
    }

    /// <summary>A value's items as a list of its own.</summary>
    public List<object?> ToList(object? value) => [.. Iterate(value)];

    /// <summary>How many items a value has, or null where Python's <c>len</c> fails.</summary>
    public static int? TryCount(object? value)
    {
        switch (value)
        {
            case string text:
                return CodePoints.Count(text);
            case Markup markup:
                return CodePoints.Count(markup.Text);
            case List<object?> list:
                return list.Count;
            case PythonTuple tuple:
                return tuple.Items.Length;
            case PythonDict dict:
                return dict.Count;
            case DictView view:
                return view.Count;
            case PythonRange range:
                return range.Count;
            case Undefined:
                return 0;
            case LoopVariable loop when loop.TryGet("length", out object? length):
                return (int)(long)length!;
            default:
                return null;
        }
    }

    public static long Count(object? value) =>
        TryCount(value) ?? throw TemplateRuntimeException.Type($"object of type '{PythonType.Name(value)}' has no len()");

    public object? Call(object? function, CallArguments arguments) => function switch
    {
        Builtin builtin => builtin.Call(this, null, arguments),
        BoundMethod bound => Methods.Call(this, bound, arguments),
        Macro macro => macro.Call(arguments),
        LoopVariable loop => loop.Call(arguments),
        Joiner joiner => joiner.Next(),
        Undefined undefined => throw undefined.Fail(),
        _ => throw TemplateRuntimeException.Type($"'{PythonType.Name(function)}' object is not callable"),
    };

    private bool TryGetItem(object? owner, object? key, out object? item)
    {
        item = null;
        switch (owner)
        {
            case Undefined undefined:
                throw undefined.Fail();
            case PythonDict dict:
                return IsHashable(key) && dict.TryGet(key, out item);
            case List<object?> list:
                return TryAt(list, key, out item);
            case PythonTuple tuple:
                return TryAt(tuple.Items, key, out item);
            case PythonRange range when Number.TryIndex(key, out int index):
                index += index < 0 ? range.Count : 0;
                item = index >= 0 && index < range.Count ? range[index] : null;
                return item is not null;
            case string or Markup when Number.TryIndex(key, out int index):
                string? c = CodePoints.At(owner.ToString()!, index);
                c = c is null ? null : Made(c, owner);
                item = c is not null && owner is Markup ? new Markup(c) : c;
                return c is not null;
            default:
                return false;
        }
    }

    private static bool TryAt(IList<object?> items, object? key, out object? item)
    {
        bool found = Number.TryIndex(key, out int index);
        index += index < 0 ? items.Count : 0;
        found = found && index >= 0 && index < items.Count;
        item = found ? items[index] : null;
        return found;
    }

    private static bool TryGetMember(object? owner, string name, out object? member)
    {
        switch (owner)
        {
            case Undefined undefined:
                throw undefined.Fail();
            case Namespace container:
                return container.Attributes.TryGet(name, out member);
            case LoopVariable loop when loop.TryGet(name, out member):
                return true;
            case PythonTuple tuple when tuple.TryGetField(name, out member):
                return true;
            case Cycler cycler when name == "current":
                member = cycler.Current;
                return true;
            case Macro macro when name == "name":
                member = macro.Definition.Name;
                return true;
            default:
                return Methods.TryGet(owner, name, out member);
        }
    }

    // Lazy filters wrap each other without a bound: what reads the next item may be as deep as their chain is long.
    private IEnumerable<object?> Metered(IEnumerable<object?> items)
    {
        CheckStack();
        using IEnumerator<object?> source = items.GetEnumerator();
        while (source.MoveNext())
        {
            Charge(1);
            yield return source.Current;
            CheckStack();
        }
    }

    private string SliceText(string text, object? start, object? stop, object? step)
    {
        string[] characters = CodePoints.HasSurrogates(text) ? [.. CodePoints.Split(text)] : [];
        int count = characters.Length > 0 ? characters.Length : text.Length;
        ChargeText(text.Length);
        if (step is null or 1L && characters.Length == 0)
        {
            (int from, int to, _) = SliceBounds(count, start, stop, step);
            return from < to ? Cut(text, from, to) : "";
        }

        IEnumerable<int> indices = SliceIndices(count, start, stop, step);
        string slice = characters.Length > 0
            ? string.Concat(indices.Select(index => characters[index]))
            : string.Concat(indices.Select(index => text[index]));
        return Made(slice, text);
    }

    private IEnumerable<string> Characters(string text)
    {
        int at = 0;
        foreach (string character in CodePoints.Split(text))
        {
            yield return origins is null ? character : Cut(text, at, at + character.Length);
            at += character.Length;
        }
    }

    private static PythonRange SliceRange(PythonRange range, object? start, object? stop, object? step)
    {
        (int from, int to, int stride) = SliceBounds(range.Count, start, stop, step);
        return new PythonRange(range.Start + (from * range.Step), range.Start + (to * range.Step), stride * range.Step);
    }

    private IEnumerable<int> SliceIndices(int count, object? start, object? stop, object? step)
    {
        (int from, int to, int stride) = SliceBounds(count, start, stop, step);
        return Indices();

        IEnumerable<int> Indices()
        {
            for (long i = from; stride > 0 ? i < to : i > to; i += stride)
            {
                Charge(1);
                yield return (int)i;
            }
        }
    }

    private static (int From, int To, int Step) SliceBounds(int count, object? start, object? stop, object? step)
    {
        int stride = step is null ? 1 : SliceIndex(step);
        if (stride == 0)
        {
            throw TemplateRuntimeException.Value("slice step cannot be zero");
        }

        int lowest = stride > 0 ? 0 : -1;
        int highest = stride > 0 ? count : count - 1;
        int from = start is null ? (stride > 0 ? lowest : highest) : Clip(SliceIndex(start));
        int to = stop is null ? (stride > 0 ? highest : lowest) : Clip(SliceIndex(stop));
        return (from, to, stride);

        int Clip(int index) => Math.Clamp(index < 0 ? index + count : index, lowest, highest);
    }

    private static int SliceIndex(object? value) => Number.TryIndex(value, out int index)
        ? index
        : throw TemplateRuntimeException.Type("slice indices must be integers or None or have an __index__ method");
}
