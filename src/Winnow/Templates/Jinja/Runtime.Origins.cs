using Winnow.Templates.Jinja.Values;

namespace Winnow.Templates.Jinja;

/// <summary>Where texts come from, in a rendering that asks for it.</summary>
internal sealed partial class Runtime
{
    /// <summary>Begins a text that is made of others.</summary>
    public TextBuilder NewText() => new(origins);

    /// <summary>A text of the input: an object of its own, and known to come from outside of the template.</summary>
    public string FromInput(string text)
    {
        if (origins is null)
        {
            return text;
        }

        string own = new(text.AsSpan());
        origins.Mark(own);
        return own;
    }

    /// <summary>The same text, as if the template had it.</summary>
    public string FromTemplate(string text) => origins is null ? text : new string(text.AsSpan());

    /// <summary>A part of a text.</summary>
    public string Cut(string text, int start, int end)
    {
        string part = text[start..end];
        if (origins is not null && part.Length != text.Length)
        {
            origins.Mark(part, origins.Foreign(text)?.Cut(start, end));
        }

        return part;
    }

    /// <summary>Texts, one behind the other.</summary>
    public string Concat(params ReadOnlySpan<string> texts)
    {
        if (origins is null)
        {
            return string.Concat(texts);
        }

        TextBuilder joined = NewText();
        foreach (string text in texts)
        {
            joined.Append(text);
        }

        return joined.ToString();
    }

    /// <summary>A text made of a value in a way that keeps no places: if any of the value is input, all of the text is.</summary>
    public string Made(string text, params ReadOnlySpan<object?> sources)
    {
        if (origins is not null && text.Length > 0 && origins.Foreign(text) is null)
        {
            bool isForeign = false;
            foreach (object? source in sources)
            {
                if (Holds(source, text, ref isForeign))
                {
                    return text;
                }
            }

            if (isForeign)
            {
                origins.Mark(text);
            }
        }

        return text;
    }

    /// <summary>Looks through a value: whether it holds a text itself, and on the way whether it holds any input.</summary>
    private bool Holds(object? value, string text, ref bool isForeign)
    {
        switch (value)
        {
            case string or Markup:
                string own = value.ToString()!;
                isForeign |= origins!.Foreign(own) is not null;
                return ReferenceEquals(own, text);
            case List<object?> list:
                return AnyHolds(list, text, ref isForeign);
            case PythonTuple tuple:
                return AnyHolds(tuple.Items, text, ref isForeign);
            case DictView view:
                return Holds(view.Dict, text, ref isForeign);
            case PythonDict dict:
                Charge(dict.Count);
                CheckStack();
                foreach ((object? key, object? item) in dict.Entries)
                {
                    if (Holds(key, text, ref isForeign) || Holds(item, text, ref isForeign))
                    {
                        return true;
                    }
                }

                return false;
            default:
                return false;
        }
    }

    private bool AnyHolds(IList<object?> items, string text, ref bool isForeign)
    {
        Charge(items.Count);
        CheckStack();
        foreach (object? item in items)
        {
            if (Holds(item, text, ref isForeign))
            {
                return true;
            }
        }

        return false;
    }
}
