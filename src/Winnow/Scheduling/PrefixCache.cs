using Winnow.Cache;
using Winnow.Generation;

namespace Winnow.Scheduling;

/// <summary>
/// Sessions whose answers have ended, for prompts that begin as they do: exact to the token, the oldest in use goes first. What has no
/// room in memory goes into files, where there is a folder for them. Used by one thread at a time.
/// </summary>
/// <remarks>
/// Sessions share pages, so that what a page takes is counted once. They are kept apart by how they attend: rows of an answer depend on
/// its method. Sessions of a method that judges a prompt as a whole are never kept, for their rows belong to that prompt alone.
/// </remarks>
/// <param name="pageBytes">Bytes of a page of all layers.</param>
/// <param name="limitBytes">Bytes that may be kept in memory.</param>
/// <param name="spill">Where more goes; null for nowhere.</param>
internal sealed class PrefixCache(long pageBytes, long limitBytes, PrefixSpill? spill) : IDisposable
{
    private readonly List<Entry> _entries = [];

    /// <summary>How many sessions hold each page.</summary>
    private readonly Dictionary<KvBlock, int> _holders = [];

    private long _clock;

    /// <summary>Bytes of the pages that are kept.</summary>
    public long SizeBytes => _holders.Count * pageBytes;

    /// <summary>The session that has read the most of a prompt; it stays in the cache, to be forked.</summary>
    /// <param name="attention">How the prompt will be attended to.</param>
    /// <param name="prompt">The prompt.</param>
    public PrefixMatch Find(string attention, int[] prompt)
    {
        Entry? best = null;
        int length = 0;
        foreach (Entry entry in _entries)
        {
            int common = entry.Attention == attention ? entry.Session.Reader.TokenSpan.CommonPrefixLength(prompt) : 0;
            if (common > length)
            {
                (best, length) = (entry, common);
            }
        }

        best?.LastUse = ++_clock;
        return new PrefixMatch(best?.Session, length);
    }

    /// <summary>Takes a session over, or disposes it where nothing would be gained by keeping it.</summary>
    public void Add(Session session)
    {
        string attention = session.Attention.ToString();
        if (session.Attention.Prefill is not null || session.Tokens.Count == 0 || limitBytes == 0)
        {
            session.Dispose();
            return;
        }

        ReadOnlySpan<int> tokens = session.Reader.TokenSpan;
        foreach (Entry entry in _entries.Where(entry => entry.Attention == attention).ToArray())
        {
            int common = entry.Session.Reader.TokenSpan.CommonPrefixLength(tokens);
            if (common == tokens.Length)
            {
                // What is there begins with it.
                entry.LastUse = ++_clock;
                session.Dispose();
                return;
            }

            if (common == entry.Session.Tokens.Count)
            {
                Remove(entry);
            }
        }

        session.Reader.ReleaseLogits();
        Entry added = new(session, attention, [.. session.Reader.Cache.Blocks]) { LastUse = ++_clock };
        _entries.Add(added);
        foreach (KvBlock page in added.Pages)
        {
            _holders[page] = _holders.GetValueOrDefault(page) + 1;
        }

        while (SizeBytes > limitBytes && Evict(null))
        {
        }
    }

    /// <summary>Lets the session go that was not used for the longest time.</summary>
    /// <param name="spared">One that must stay; null for none.</param>
    /// <returns>Whether there was one.</returns>
    public bool Evict(Session? spared)
    {
        Entry? oldest = null;
        foreach (Entry entry in _entries)
        {
            if (entry.Session != spared && (oldest is null || entry.LastUse < oldest.LastUse))
            {
                oldest = entry;
            }
        }

        if (oldest is null)
        {
            return false;
        }

        spill?.Add(oldest.Session, oldest.Attention);
        Remove(oldest);
        return true;
    }

    /// <summary>Lets everything go.</summary>
    public void Dispose()
    {
        _entries.ForEach(entry => entry.Session.Dispose());
        _entries.Clear();
        _holders.Clear();
    }

    private void Remove(Entry entry)
    {
        _entries.Remove(entry);
        foreach (KvBlock page in entry.Pages)
        {
            if (--_holders[page] == 0)
            {
                _holders.Remove(page);
            }
        }

        entry.Session.Dispose();
    }

    private sealed record Entry(Session Session, string Attention, KvBlock[] Pages)
    {
        public long LastUse { get; set; }
    }
}
