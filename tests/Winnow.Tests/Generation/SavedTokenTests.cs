using System.Runtime.InteropServices;
using System.Security.Cryptography;
using Winnow.Cli;
using Winnow.Formats;
using Winnow.Generation;
using Winnow.Tests.Formats;

namespace Winnow.Tests.Generation;

public sealed class SavedTokenTests
{
    /// <summary>The checksum is right: whoever makes such a file can compute it too.</summary>
    [Theory]
    [InlineData(-1)]
    [InlineData(int.MinValue)]
    [InlineData(1 << 20)]
    public void A_saved_session_with_ids_that_no_token_has_is_refused_and_changes_nothing(int id)
    {
        using TemporaryFolder folder = new();
        using Engine engine = Engine.Load(BundledModel.Find(), new EngineOptions { Threads = 1 });
        using Session session = engine.CreateSession(new SessionOptions { ContextLength = 64 });
        int[] tokens = [77, 78, 79];
        session.Prefill(tokens);
        string path = folder.PathOf("s.kv");
        session.Save(path);
        byte[] bytes = File.ReadAllBytes(path);
        int at = bytes.AsSpan().IndexOf(MemoryMarshal.AsBytes<int>(tokens));
        BitConverter.TryWriteBytes(bytes.AsSpan(at + sizeof(int)), id);
        SHA256.HashData(bytes.AsSpan(..^SHA256.HashSizeInBytes), bytes.AsSpan(^SHA256.HashSizeInBytes..));
        File.WriteAllBytes(path, bytes);
        Assert.Contains("vocabulary", Assert.Throws<ModelFormatException>(() => session.Load(path)).Message, StringComparison.Ordinal);
        Assert.Equal(tokens, session.Tokens);
    }
}
