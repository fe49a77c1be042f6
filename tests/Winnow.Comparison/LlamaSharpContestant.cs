using System.Numerics.Tensors;
using LLama;
using LLama.Batched;
using LLama.Common;
using LLama.Native;

namespace Winnow.Comparison;

/// <summary>LLamaSharp's batched executor, all conversations in one batch.</summary>
internal sealed class LlamaSharpContestant : IContestant
{
    private readonly Workload _work;
    private readonly ModelParams _parameters;
    private readonly LLamaWeights _weights;

    public LlamaSharpContestant(Workload work)
    {
        NativeLibraryConfig.All.WithLogCallback((_, _) => { });
        _work = work;
        _parameters = new ModelParams(work.Model)
        {
            ContextSize = 8 * Workload.ContextTokens, Threads = Workload.Threads, BatchThreads = Workload.Threads, GpuLayerCount = 0, SeqMax = 8, BatchSize = 2048, UBatchSize = 512,
        };
        _weights = LLamaWeights.LoadFromFile(_parameters);
    }

    public async Task AnswerAsync(int conversations, Action onFirst)
    {
        using BatchedExecutor executor = new(_weights, _parameters);
        Conversation[] all = [.. Enumerable.Range(0, conversations).Select(_ => Begin(executor))];
        for (int token = 0; token < _work.AnswerTokens; token++)
        {
            while (executor.BatchedTokenCount > 0)
            {
                DecodeResult result = await executor.Infer();
                if (result != DecodeResult.Ok)
                {
                    throw new InvalidOperationException($"LLamaSharp: {result}");
                }
            }

            if (token == 0)
            {
                onFirst();
            }

            foreach (Conversation conversation in all)
            {
                int best = TensorPrimitives.IndexOfMax(conversation.Sample());
                if (token < _work.AnswerTokens - 1)
                {
                    conversation.Prompt((LLamaToken)best);
                }
            }
        }

        Array.ForEach(all, conversation => conversation.Dispose());
    }

    public void Dispose() => _weights.Dispose();

    private Conversation Begin(BatchedExecutor executor)
    {
        Conversation conversation = executor.Create();
        conversation.Prompt(Array.ConvertAll(_work.Prompt(_weights.Vocab.Count), id => (LLamaToken)id));
        return conversation;
    }
}
