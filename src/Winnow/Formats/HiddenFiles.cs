using System.Collections.Concurrent;

namespace Winnow.Formats;

/// <summary>The files beside targets that this process works with: whoever exits in the middle of writing leaves none of them behind.</summary>
internal static class HiddenFiles
{
    private static readonly ConcurrentDictionary<string, bool> Names = [];

    static HiddenFiles() => AppDomain.CurrentDomain.ProcessExit += (_, _) =>
    {
        foreach (string path in Names.Keys)
        {
            try
            {
                File.Delete(path);
            }
            catch (Exception e) when (e is IOException or UnauthorizedAccessException)
            {
                // The next writer of the target removes it.
            }
        }
    };

    /// <summary>Takes note of one that exists now.</summary>
    public static void Add(string path) => Names[path] = true;

    /// <summary>Forgets one that is gone, or about to go.</summary>
    public static void Remove(string path) => Names.TryRemove(path, out _);
}
