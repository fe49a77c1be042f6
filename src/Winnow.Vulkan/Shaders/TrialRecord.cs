using System.Security.Cryptography;
using System.Text;

namespace Winnow.Vulkan.Shaders;

/// <summary>What came of a trial of shaders, in a file of one line: a hash of the shaders, and <c>begun</c>, <c>right</c> or <c>wrong</c>.</summary>
/// <remarks>A trial that began and did not end took its process down with it: it counts as wrong. Processes that start together try for themselves.</remarks>
internal sealed class TrialRecord : IDisposable
{
    private const string Begun = "begun";
    private const string Right = "right";
    private const string Wrong = "wrong";

    private readonly FileStream? _file;
    private readonly string _hash;

    private TrialRecord(FileStream? file, string hash)
    {
        _file = file;
        _hash = hash;
        Found = Read();
    }

    /// <summary>What an earlier trial of the same shaders found; null where there was none.</summary>
    public bool? Found { get; }

    /// <summary>Opens the record, for this process alone. Without a file nothing is remembered.</summary>
    /// <param name="path">The file; null for none.</param>
    /// <param name="hash">What is tried.</param>
    public static TrialRecord Open(string? path, string hash)
    {
        try
        {
            if (path is not null)
            {
                Directory.CreateDirectory(Path.GetDirectoryName(path)!);
                return new TrialRecord(new FileStream(path, FileMode.OpenOrCreate, FileAccess.ReadWrite, FileShare.None), hash);
            }
        }
        catch (Exception e) when (e is IOException or UnauthorizedAccessException)
        {
            // The record is only for speed.
        }

        return new TrialRecord(null, hash);
    }

    /// <summary>A hash of some shaders' SPIR-V.</summary>
    public static string HashOf(params ReadOnlySpan<string> shaders)
    {
        using IncrementalHash hash = IncrementalHash.CreateHash(HashAlgorithmName.SHA256);
        foreach (string shader in shaders)
        {
            hash.AppendData(ShaderLibrary.Read($"{shader}.spv"));
        }

        return Convert.ToHexStringLower(hash.GetHashAndReset());
    }

    /// <summary>Says that the trial is under way.</summary>
    public void Begin() => Write(Begun);

    /// <summary>Says what came of it.</summary>
    public void End(bool isRight) => Write(isRight ? Right : Wrong);

    public void Dispose() => _file?.Dispose();

    private bool? Read()
    {
        if (_file is null)
        {
            return null;
        }

        byte[] bytes = new byte[128];
        string[] words = Encoding.ASCII.GetString(bytes, 0, _file.ReadAtLeast(bytes, bytes.Length, throwOnEndOfStream: false)).Split(' ');
        return words is [string hash, string verdict] && hash == _hash
            ? verdict == Right ? true : verdict is Wrong or Begun ? false : null
            : null;
    }

    private void Write(string verdict)
    {
        if (_file is null)
        {
            return;
        }

        try
        {
            _file.SetLength(0);
            _file.Write(Encoding.ASCII.GetBytes($"{_hash} {verdict}"));
            _file.Flush(flushToDisk: true);
        }
        catch (IOException)
        {
            // A full disk: the next start tries again.
        }
    }
}
