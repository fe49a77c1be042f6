using System.Text;

namespace Winnow.Templates.Jinja;

/// <summary>Makes a text of others, and keeps their origins where a rendering knows them.</summary>
internal sealed class TextBuilder(TextOrigins? origins)
{
    private readonly StringBuilder _text = new();
    private List<(int Start, int End)>? _foreign;

    public int Length => _text.Length;

    /// <summary>The parts that come from the input.</summary>
    public TextSpans Foreign => new([.. _foreign ?? []]);

    public TextBuilder Append(char character)
    {
        _text.Append(character);
        return this;
    }

    public TextBuilder Append(string text) => Append(text, 0, text.Length);

    public TextBuilder Append(string text, int start, int length)
    {
        if (origins is not null && length > 0 && origins.Foreign(text) is { } foreign)
        {
            foreach ((int from, int to) in foreign.Cut(start, start + length)?.Items ?? [])
            {
                AddForeign(_text.Length + from, _text.Length + to);
            }
        }

        _text.Append(text, start, length);
        return this;
    }

    public override string ToString()
    {
        string text = _text.ToString();
        if (_foreign is not null)
        {
            origins!.Mark(text, Foreign);
        }

        return text;
    }

    private void AddForeign(int start, int end)
    {
        _foreign ??= [];
        if (_foreign.Count > 0 && _foreign[^1].End == start)
        {
            _foreign[^1] = (_foreign[^1].Start, end);
        }
        else
        {
            _foreign.Add((start, end));
        }
    }
}
