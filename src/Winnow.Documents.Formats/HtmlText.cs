using System.Net;
using System.Text;

namespace Winnow.Documents.Formats;

/// <summary>The text of a web page, taken from its tags in one pass: no tree is built, so that neither depth nor errors of nesting cost anything.</summary>
/// <remarks>https://html.spec.whatwg.org/multipage/parsing.html#tokenization, as far as text needs it.</remarks>
internal sealed class HtmlText
{
    /// <summary>Names of elements are shorter.</summary>
    private const int MaxName = 32;

    private const int TagsPerLook = 4096;

    /// <summary>Elements whose content is no markup: it ends at their end tag.</summary>
    private static readonly HashSet<string> Raw = ["script", "style", "textarea", "title", "xmp", "iframe", "noembed", "noframes", "noscript"];

    /// <summary>Elements that show nothing a reader reads.</summary>
    private static readonly HashSet<string> Unseen = ["script", "style", "iframe", "noembed", "noframes", "noscript", "template", "svg", "canvas", "object", "head"];

    private static readonly HashSet<string> Paragraphs =
        ["p", "h1", "h2", "h3", "h4", "h5", "h6", "pre", "blockquote", "table", "ul", "ol", "dl", "article", "section", "figure", "title", "hr"];

    private static readonly HashSet<string> Lines =
        ["br", "div", "li", "tr", "dt", "dd", "header", "footer", "main", "nav", "aside", "address", "caption", "figcaption", "form", "fieldset", "legend", "option", "summary", "details", "body", "html", "textarea"];

    private readonly string _page;
    private readonly StringBuilder _text = new();
    private int _at;
    private string? _unseen;
    private int _unseenDepth;
    private int _preformatted;
    private int _pendingLines;
    private bool _isPendingBlank;
    private bool _isPendingTab;

    private HtmlText(string page) => _page = page;

    /// <summary>The text of a page.</summary>
    public static string Of(string page, CancellationToken cancellationToken) => new HtmlText(page).Run(cancellationToken);

    private string Run(CancellationToken cancellationToken)
    {
        for (int tags = 0; _at < _page.Length; tags++)
        {
            if (tags % TagsPerLook == 0)
            {
                cancellationToken.ThrowIfCancellationRequested();
            }

            int open = _page.IndexOf('<', _at);
            while (open >= 0 && !BeginsMarkup(open))
            {
                open = _page.IndexOf('<', open + 1);
            }

            int end = open < 0 ? _page.Length : open;
            Write(_page.AsSpan(_at, end - _at));
            _at = end;
            if (open >= 0)
            {
                ReadMarkup();
            }
        }

        return _text.Append('\n').ToString();
    }

    private bool BeginsMarkup(int open) => open + 1 < _page.Length && (char.IsAsciiLetter(_page[open + 1]) || _page[open + 1] is '/' or '!' or '?');

    private void ReadMarkup()
    {
        if (_page.AsSpan(_at).StartsWith("<!--"))
        {
            Skip("-->", _at + 4);
        }
        else if (_page.AsSpan(_at).StartsWith("<![CDATA["))
        {
            int start = _at + 9;
            int end = _page.IndexOf("]]>", start, StringComparison.Ordinal);
            Write(_page.AsSpan(start, (end < 0 ? _page.Length : end) - start));
            _at = end < 0 ? _page.Length : end + 3;
        }
        else if (_page[_at + 1] is '!' or '?')
        {
            Skip(">", _at + 2);
        }
        else
        {
            ReadTag();
        }
    }

    private void ReadTag()
    {
        bool isEnd = _page[_at + 1] == '/';
        int start = _at + (isEnd ? 2 : 1);
        int at = start;
        while (at < _page.Length && _page[at] is not ('>' or '/') && !char.IsWhiteSpace(_page[at]))
        {
            at++;
        }

        string name = _page[start..Math.Min(at, start + MaxName)].ToLowerInvariant();
        bool isClosed = SkipAttributes(at);
        if (isEnd)
        {
            End(name);
        }
        else
        {
            Begin(name, isClosed);
        }
    }

    /// <summary>Moves behind a tag; true where it ends in <c>/&gt;</c>.</summary>
    private bool SkipAttributes(int at)
    {
        char quote = '\0';
        for (; at < _page.Length; at++)
        {
            char c = _page[at];
            if (quote != '\0')
            {
                quote = c == quote ? '\0' : quote;
            }
            else if (c is '"' or '\'' && _page[at - 1] == '=')
            {
                quote = c;
            }
            else if (c == '>')
            {
                _at = at + 1;
                return _page[at - 1] == '/';
            }
        }

        _at = _page.Length;
        return true;
    }

    private void Begin(string name, bool isClosed)
    {
        if (name == "body")
        {
            // Pages leave out the end of their head.
            _unseen = _unseen == "head" ? null : _unseen;
        }

        Break(name);
        if (Raw.Contains(name) && !isClosed)
        {
            ReadRaw(name);
        }
        else if (_unseen is null && Unseen.Contains(name) && !isClosed)
        {
            _unseen = name;
            _unseenDepth = 1;
        }
        else if (_unseen == name && !isClosed)
        {
            _unseenDepth++;
        }
        else if (_unseen is null)
        {
            _preformatted += name == "pre" ? 1 : 0;
            if (name == "li")
            {
                Write("- ");
            }

            _isPendingTab |= name is "td" or "th";
        }
    }

    private void End(string name)
    {
        if (_unseen == name && --_unseenDepth == 0)
        {
            _unseen = null;
        }

        Break(name);
        _preformatted -= name == "pre" && _preformatted > 0 ? 1 : 0;
    }

    private void ReadRaw(string name)
    {
        int end = _at;
        string tag = $"</{name}";
        do
        {
            end = _page.IndexOf(tag, end, StringComparison.OrdinalIgnoreCase);
            end = end < 0 ? _page.Length : end + tag.Length;
        }
        while (end < _page.Length && char.IsLetterOrDigit(_page[end]));
        int stop = end < _page.Length ? end - tag.Length : _page.Length;
        if (!Unseen.Contains(name) && (_unseen is null or "head"))
        {
            (string? unseen, _unseen) = (_unseen, null);
            Write(_page.AsSpan(_at, stop - _at));
            _unseen = unseen;
        }

        _at = stop;
        if (stop < _page.Length)
        {
            SkipAttributes(end);
            Break(name);
        }
    }

    private void Skip(string mark, int from)
    {
        int end = from < _page.Length ? _page.IndexOf(mark, from, StringComparison.Ordinal) : -1;
        _at = end < 0 ? _page.Length : end + mark.Length;
    }

    private void Break(string name)
    {
        int lines = Paragraphs.Contains(name) ? 2 : Lines.Contains(name) ? 1 : 0;
        if (lines > 0)
        {
            _pendingLines = Math.Max(_pendingLines, lines);
            _isPendingTab = false;
        }
    }

    private void Write(ReadOnlySpan<char> markup)
    {
        if (_unseen is not null || markup.Length == 0)
        {
            return;
        }

        string text = markup.Contains('&') ? WebUtility.HtmlDecode(markup.ToString()) : markup.ToString();
        foreach (char c in text)
        {
            bool isBlank = c is ' ' or '\t' or '\n' or '\r' or '\f';
            if (isBlank && _preformatted == 0)
            {
                _isPendingBlank = true;
                continue;
            }

            if (isBlank && (_pendingLines > 0 || c == '\r'))
            {
                continue;
            }

            Separate();
            _text.Append(c);
        }
    }

    /// <summary>Writes what stands between the last text and the next: empty line, line end, tab or blank.</summary>
    private void Separate()
    {
        if (_text.Length > 0)
        {
            _text.Append(_pendingLines > 0 ? _pendingLines > 1 ? "\n\n" : "\n" : _isPendingTab ? "\t" : _isPendingBlank ? " " : "");
        }

        _pendingLines = 0;
        _isPendingTab = false;
        _isPendingBlank = false;
    }
}
