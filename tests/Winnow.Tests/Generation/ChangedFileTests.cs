using Winnow.Cli;
using Winnow.Formats;
using Winnow.Generation;
using Winnow.Sampling;
using Winnow.Tests.Formats;

namespace Winnow.Tests.Generation;

/// <summary>What happens to those who use a model when its file changes.</summary>
public sealed class ChangedFileTests : IDisposable
{
    private static readonly GenerationOptions Options = new() { Sampling = SamplingOptions.Greedy, MaxTokens = 4 };
    private readonly TemporaryFolder _folder = new();

    public void Dispose() => _folder.Dispose();

    [Fact]
    public void A_file_that_was_written_to_in_place_ends_the_next_generation_with_a_typed_error()
    {
        string path = Copy();
        using Engine engine = Engine.Load(path, new EngineOptions { Threads = 1 });
        using Session session = engine.CreateSession(new SessionOptions { ContextLength = 256 });
        Assert.NotEmpty(session.Generate([1, 2, 3], Options));

        // Longer, so that nothing that is mapped vanishes under this test.
        using (FileStream file = new(path, FileMode.Append))
        {
            file.WriteByte(0);
        }

        ModelFormatException error = Assert.Throws<ModelFormatException>(() => session.Generate([4, 5, 6], Options).Count());
        Assert.Contains("was changed while it was in use", error.Message, StringComparison.Ordinal);
    }

    [Fact]
    public void A_file_that_another_one_was_renamed_over_or_that_was_deleted_goes_on_being_used()
    {
        string path = Copy();
        using Engine engine = Engine.Load(path, new EngineOptions { Threads = 1 });
        using Session session = engine.CreateSession(new SessionOptions { ContextLength = 256 });
        int[] expected = Ids(session);
        File.WriteAllBytes(_folder.PathOf("other"), new byte[1000]);
        File.Move(_folder.PathOf("other"), path, overwrite: true);
        Assert.Equal(expected, Ids(session));
        File.Delete(path);
        Assert.Equal(expected, Ids(session));
    }

    [Fact]
    public void Weights_that_were_read_into_memory_are_the_same_and_stay()
    {
        string path = Copy();
        using Engine mapped = Engine.Load(path, new EngineOptions { Threads = 1 });
        using Engine read = Engine.Load(path, new EngineOptions { Threads = 1, MapsWeights = false });
        using Session one = mapped.CreateSession(new SessionOptions { ContextLength = 256 });
        int[] expected = Ids(one);
        if (OperatingSystem.IsLinux())
        {
            one.Dispose();
            mapped.Dispose();
            File.WriteAllBytes(path, new byte[1000]);
        }

        using Session two = read.CreateSession(new SessionOptions { ContextLength = 256 });
        Assert.Equal(expected, Ids(two));
    }

    [Fact]
    public void Reading_can_be_stopped()
    {
        using CancellationTokenSource cancellation = new();
        cancellation.Cancel();
        Assert.Throws<OperationCanceledException>(() =>
            Engine.Load(BundledModel.Find(), new EngineOptions { Threads = 1, MapsWeights = false }, cancellationToken: cancellation.Token));
    }

    private static int[] Ids(Session session)
    {
        session.Truncate(0);
        return [.. session.Generate([1, 2, 3], Options).Select(token => token.Id)];
    }

    private string Copy()
    {
        string path = _folder.PathOf("m.gguf");
        File.Copy(BundledModel.Find(), path);
        return path;
    }
}
