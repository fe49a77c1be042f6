using Winnow.Attention;
using Winnow.Cache;
using Winnow.Compute;
using Winnow.Compute.Cpu;
using Winnow.Formats;
using Winnow.Models;

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
        using ForwardState state = model.Transformer.CreateState(contextLength: 4);
        using KvCache cache = model.Transformer.CreateCache(TensorType.F32);
        Assert.Throws<ArgumentOutOfRangeException>(() => model.Transformer.Forward(state, [1, 2, 3, 4, 5], cache, AttentionPhase.PromptEnd, ForwardOutput.None, []));
        Assert.Equal(0, cache.Length);
    }

    [Fact]
    public void A_cancelled_prompt_leaves_whole_chunks_in_the_cache()
    {
        using CpuDevice device = new(new CpuDeviceOptions { Threads = 1 });
        using Model model = Model.Load(TinyModels.Path("llama"), device);
        using ForwardState state = model.Transformer.CreateState(contextLength: 100, chunk: 10);
        using KvCache cache = model.Transformer.CreateCache(TensorType.F32);
        using CancellationTokenSource cancel = new();
        state.Observer = new AtPosition(20, cancel.Cancel);
        Assert.Throws<OperationCanceledException>(
            () => model.Transformer.Forward(state, new int[50], cache, AttentionPhase.PromptEnd, ForwardOutput.None, [], cancel.Token));
        Assert.Equal(20, cache.Length);
        state.Observer = null;
        model.Transformer.Forward(state, new int[30], cache, AttentionPhase.PromptEnd, ForwardOutput.None, []);
        Assert.Equal(50, cache.Length);
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
        using ForwardState state = model.Transformer.CreateState(ids.Length + 20, chunk: 50);
        using KvCache cache = model.Transformer.CreateCache(TensorType.F32);
        if (cut > 0)
        {
            model.Transformer.Forward(state, ids.AsSpan(0, cut), cache, AttentionPhase.PromptEnd, ForwardOutput.None, []);
            model.Transformer.Forward(state, [7, 7, 7], cache, AttentionPhase.PromptEnd, ForwardOutput.None, []);
            cache.Truncate(cut);
        }

        float[] logits = new float[model.Config.VocabularySize];
        model.Transformer.Forward(state, ids.AsSpan(cut), cache, AttentionPhase.PromptEnd, ForwardOutput.LastLogits, logits);
        return logits;
    }
}
