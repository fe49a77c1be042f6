using Winnow.Compute.Cpu;
using Winnow.Formats;
using Winnow.Generation;
using Winnow.Models;

namespace Winnow.Tests.Models;

/// <summary>What every generated token costs besides arithmetic.</summary>
public sealed class DecodeTests
{
    public static TheoryData<string> Names => [.. TinyModels.All];

    [Theory]
    [MemberData(nameof(Names))]
    public void A_decoded_token_allocates_nothing(string name)
    {
        using CpuDevice device = new(new CpuDeviceOptions { Threads = 2 });
        using Model model = Model.Load(TinyModels.Path(name), device);
        using TokenReader reader = new(model, contextLength: 300, kvType: TensorType.F32);
        float[] logits = new float[model.Config.VocabularySize];
        int[] ids = Golden.Open(TinyModels.Path(name)).Ids;
        reader.ReadPrompt(ids);
        reader.Logits.CopyTo(logits);

        // Methods are compiled, and pages of keys and values are added, on the way.
        for (int i = 0; i < 60; i++)
        {
            reader.Step(ids[i]).CopyTo(logits);
        }

        // The runtime allocates once when a thread first waits for another, whenever that is; what a token takes, every round takes.
        long[] rounds = new long[3];
        for (int round = 0; round < rounds.Length; round++)
        {
            reader.Truncate(ids.Length + 10);
            long before = GC.GetAllocatedBytesForCurrentThread();
            for (int i = 10; i < 30; i++)
            {
                reader.Step(ids[i]).CopyTo(logits);
            }

            rounds[round] = GC.GetAllocatedBytesForCurrentThread() - before;
        }

        Assert.Equal(0, rounds.Min());
    }

    [Fact]
    public void A_prompt_continued_after_a_truncation_reads_as_if_it_were_new()
    {
        using CpuDevice device = new(new CpuDeviceOptions { Threads = 2 });
        using Model model = Model.Load(TinyModels.Path("llama"), device);
        int[] ids = Golden.Open(TinyModels.Path("llama")).Ids;
        float[] expected = Logits(model, ids, cut: 0);
        Assert.Equal(expected, Logits(model, ids, cut: 100));
    }

    [Fact]
    public void More_tokens_than_the_session_holds_are_refused_before_anything_is_read()
    {
        using CpuDevice device = new(new CpuDeviceOptions { Threads = 1 });
        using Model model = Model.Load(TinyModels.Path("llama"), device);
        using TokenReader reader = new(model, contextLength: 4, kvType: TensorType.F32);
        Assert.Throws<ArgumentOutOfRangeException>(() => reader.Read([1, 2, 3, 4, 5]));
        Assert.Equal(0, reader.Cache.Length);
    }

    [Fact]
    public void A_cancelled_prompt_leaves_whole_chunks_in_the_cache()
    {
        using CpuDevice device = new(new CpuDeviceOptions { Threads = 1 });
        using Model model = Model.Load(TinyModels.Path("llama"), device);
        using TokenReader reader = new(model, contextLength: 100, chunk: 10, kvType: TensorType.F32);
        Assert.Throws<OperationCanceledException>(
            () => reader.Read(new int[50], new CancellationToken(canceled: true)));
        Assert.Equal(0, reader.Cache.Length);
        reader.Read(new int[50]);
        Assert.Equal(50, reader.Cache.Length);
    }

    /// <summary>Reads a prompt, or reads it to a cut, then something else, and after a truncation the rest.</summary>
    private static float[] Logits(Model model, int[] ids, int cut)
    {
        using TokenReader reader = new(model, ids.Length + 20, chunk: 50, kvType: TensorType.F32);
        if (cut > 0)
        {
            reader.Read(ids.AsSpan(0, cut));
            reader.Read([7, 7, 7]);
            reader.Truncate(cut);
        }

        float[] logits = new float[model.Config.VocabularySize];
        reader.ReadPrompt(ids);
        reader.Logits.CopyTo(logits);
        return logits;
    }
}
