using Winnow.Compute;
using Winnow.Compute.Cpu;
using Winnow.Generation;
using Winnow.Models;
using Winnow.Models.Forward;
using Winnow.Tensors;

namespace Winnow.Tests.Models;

/// <summary>Prompts that are continued, refused or cancelled on the way.</summary>
public sealed class DecodeTests
{
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
        using CancellationTokenSource cancel = new();
        reader.Observer = new AtPosition(20, cancel.Cancel);
        Assert.Throws<OperationCanceledException>(() => reader.Read(new int[50], cancel.Token));
        Assert.Equal(20, reader.Cache.Length);
        reader.Observer = null;
        reader.Read(new int[30]);
        Assert.Equal(50, reader.Cache.Length);
    }

    /// <summary>Does something in the middle of a chunk.</summary>
    private sealed class AtPosition(int position, Action act) : ForwardObserver
    {
        public override void ObserveHidden(ComputeStream stream, int layer, int firstPosition, Matrix hidden)
        {
            if (firstPosition == position)
            {
                act();
            }
        }
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
