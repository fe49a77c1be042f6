using Winnow.Generation;

namespace Winnow.Scheduling;

/// <summary>Sessions in files: what a prefix cache has no room for. Files that cannot be written or read are as if they had never been.</summary>
/// <param name="directory">The folder; it is made where it is missing.</param>
/// <param name="limitBytes">Bytes of all files; the oldest go first.</param>
internal sealed class PrefixSpill(string directory, long limitBytes) : IDisposable
{
    /// <summary>Fewer tokens are computed again faster than they are written and read.</summary>
    private const int FewestTokens = 128;

    private readonly List<Entry> _entries = [];

    /// <summary>Bytes of all files.</summary>
    public long SizeBytes => _entries.Sum(entry => entry.Bytes);

    /// <summary>Writes a session into a file.</summary>
    public void Add(Session session, string attention)
    {
        if (session.Tokens.Count < FewestTokens || session.Diagnostics.KvBytes > limitBytes)
        {
            return;
        }

        string path = Path.Combine(directory, $"{Guid.NewGuid():N}.kv");
        try
        {
            Directory.CreateDirectory(directory);
            session.Save(path);
            _entries.Add(new Entry(path, attention, [.. session.Tokens], new FileInfo(path).Length));
        }
        catch (Exception e) when (e is WinnowException or IOException or UnauthorizedAccessException)
        {
            return;
        }

        while (SizeBytes > limitBytes)
        {
            Remove(_entries[0]);
        }
    }

    /// <summary>Reads the session back that has read the most of a prompt, if that is worth while.</summary>
    /// <param name="attention">How the prompt will be attended to.</param>
    /// <param name="prompt">The prompt.</param>
    /// <param name="length">Tokens of it that are there without a file.</param>
    /// <param name="create">Makes an empty session.</param>
    public Session? Take(string attention, int[] prompt, int length, Func<Session> create)
    {
        Entry? best = null;
        int most = length + FewestTokens - 1;
        foreach (Entry entry in _entries)
        {
            int common = entry.Attention == attention ? entry.Tokens.AsSpan().CommonPrefixLength(prompt) : 0;
            if (common > most)
            {
                (best, most) = (entry, common);
            }
        }

        if (best is null)
        {
            return null;
        }

        Session session = create();
        try
        {
            session.Load(best.Path);
            return session;
        }
        catch (WinnowException)
        {
            session.Dispose();
            return null;
        }
        finally
        {
            Remove(best);
        }
    }

    /// <summary>Deletes the files.</summary>
    public void Dispose()
    {
        while (_entries.Count > 0)
        {
            Remove(_entries[0]);
        }
    }

    private void Remove(Entry entry)
    {
        _entries.Remove(entry);
        try
        {
            File.Delete(entry.Path);
        }
        catch (Exception e) when (e is IOException or UnauthorizedAccessException)
        {
            // The folder's owner cleans up what nobody can delete now.
        }
    }

    private sealed record Entry(string Path, string Attention, int[] Tokens, long Bytes);
}
