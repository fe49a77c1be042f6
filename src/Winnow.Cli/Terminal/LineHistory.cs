namespace Winnow.Cli.Terminal;

/// <summary>What was typed before, to be found again.</summary>
internal sealed class LineHistory
{
    private readonly List<string> _entries;
    private readonly HistoryFile? _file;
    private int _shown;
    private string _draft = "";

    /// <summary>Begins with what a file holds.</summary>
    /// <param name="file">Where entries are kept; null for nowhere.</param>
    public LineHistory(HistoryFile? file = null)
    {
        _file = file;
        _entries = file?.Read() ?? [];
        _shown = _entries.Count;
    }

    /// <summary>The entries, the oldest first.</summary>
    public IReadOnlyList<string> Entries => _entries;

    /// <summary>Adds an entry, unless it is the last one again or begins with a blank: what is not to be kept can be typed so.</summary>
    public void Add(string entry)
    {
        if (!string.IsNullOrWhiteSpace(entry) && entry[0] != ' ' && (_entries.Count == 0 || _entries[^1] != entry))
        {
            _entries.Add(entry);
            _file?.Append(entry);
        }

        Rewind();
    }

    /// <summary>Begins behind the last entry.</summary>
    public void Rewind()
    {
        _shown = _entries.Count;
        _draft = "";
    }

    /// <summary>The entry before the one that is shown; null at the first.</summary>
    /// <param name="current">What is shown: behind the last entry it is kept, and comes back.</param>
    public string? Previous(string current)
    {
        if (_shown == 0)
        {
            return null;
        }

        _draft = _shown == _entries.Count ? current : _draft;
        return _entries[--_shown];
    }

    /// <summary>The entry after the one that is shown, and behind the last what was being written; null behind that.</summary>
    public string? Next() => _shown == _entries.Count ? null : ++_shown == _entries.Count ? _draft : _entries[_shown];

    /// <summary>The newest entry that contains a text.</summary>
    /// <param name="text">What to look for.</param>
    /// <param name="before">Only entries before this index.</param>
    /// <returns>Its index; −1 for none.</returns>
    public int Find(string text, int before) =>
        before <= 0 || _entries.Count == 0 ? -1 : _entries.FindLastIndex(Math.Min(before, _entries.Count) - 1, entry => entry.Contains(text, StringComparison.OrdinalIgnoreCase));
}
