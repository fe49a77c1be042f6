using Winnow.Compute;
using Winnow.Formats;
using Winnow.Models.Architectures;
using Winnow.Models.Config;
using Winnow.Models.Weights;

namespace Winnow.Lab.Conversion;

/// <summary>Says what each tensor of a Hugging Face model becomes in a GGUF file.</summary>
internal static class TensorConversion
{
    /// <summary>All tensors of the file to write, in its order.</summary>
    /// <param name="file">The source, known to hold what the configuration needs.</param>
    /// <param name="config">The hyper-parameters of the source.</param>
    public static List<ConvertedTensor> Plan(SafetensorsFile file, ModelConfig config)
    {
        TensorNaming names = new(file, config.Architecture);
        List<ConvertedTensor> tensors = [];
        Add(TensorRole.Embedding, 0);
        for (int layer = 0; layer < config.Layers.Count; layer++)
        {
            foreach (TensorRole role in Enum.GetValues<TensorRole>().Where(role => role > TensorRole.Output))
            {
                Add(role, layer);
            }
        }

        Add(TensorRole.OutputNorm, 0);
        if (config.IsTied != true)
        {
            Add(TensorRole.Output, 0);
        }
        else if (config.Architecture.GgufFoldsScales && config.LogitScale != config.EmbeddingScale)
        {
            // Embeddings and head have other factors: there is a tensor for each.
            tensors.Add(new ConvertedTensor(
                file.Path, config.Architecture.GgufTensors.Find(TensorRole.Output)! + ".weight", Sources(file, names, config, TensorRole.Embedding, 0), null, 0, isVector: false)
            {
                RowScales = FoldedScales.Of(config, TensorRole.Output, 0),
            });
        }

        AddRopeFactors(config, tensors);
        return tensors;

        void Add(TensorRole role, int layer)
        {
            if (!names.Has(role) || IsAbsent(config, role, layer))
            {
                return;
            }

            string target = config.Architecture.GgufTensors.Find(role, layer)!;
            if (role != TensorRole.Embedding && config.Layers[layer].Recurrent is { } recurrent && RecurrentConversion.Handles(role))
            {
                tensors.AddRange(RecurrentConversion.Of(file, names, config, recurrent, role, layer));
            }
            else if (Sources(file, names, config, role, layer) is { Length: > 0 } weights)
            {
                float offset = OffsetOf(config.Architecture, role);
                tensors.Add(new ConvertedTensor(file.Path, target + ".weight", weights, RowOrderOf(config, role), offset, IsNorm(role))
                {
                    RowScales = FoldedScales.Of(config, role, layer),
                });
            }

            // What is added to time steps is a role of its own.
            if (role != TensorRole.StepProjection && file.Tensors.TryGetValue(names.Bias(role, layer), out TensorEntry? bias))
            {
                tensors.Add(new ConvertedTensor(file.Path, target + ".bias", [bias], RowOrderOf(config, role), offset: 0, isVector: true)
                {
                    RowScales = FoldedScales.Of(config, role, layer) is [float scale] ? [scale] : null,
                });
            }
        }
    }

    private static TensorEntry[] Sources(SafetensorsFile file, TensorNaming names, ModelConfig config, TensorRole role, int layer)
    {
        int count = role is TensorRole.ExpertGate or TensorRole.ExpertUp or TensorRole.ExpertDown ? config.Experts?.Count ?? 0 : 1;
        List<TensorEntry> sources = [];
        for (int expert = 0; expert < count; expert++)
        {
            if (file.Tensors.TryGetValue(names.Weight(role, layer, expert), out TensorEntry? source))
            {
                sources.Add(source);
            }
        }

        return [.. sources];
    }

    private static int[]? RowOrderOf(ModelConfig config, TensorRole role) => role switch
    {
        TensorRole.Query when config.Architecture.GgufRopeIsInterleaved =>
            RowOrder.InterleavePairs(config.QueryHeads, config.HeadDimension, RotaryDimension(config)),
        TensorRole.Key when config.Architecture.GgufRopeIsInterleaved =>
            RowOrder.InterleavePairs(config.KvHeads, config.HeadDimension, RotaryDimension(config)),
        TensorRole.QueryKeyValue when config.Architecture.HuggingFaceQueryKeyValueIsPerHead =>
            RowOrder.SplitHeads(config.QueryHeads, config.HeadDimension),
        _ => null,
    };

    private static int RotaryDimension(ModelConfig config) =>
        config.Layers.FirstOrDefault(layer => layer.Rope is not null)?.Rope!.Dimension ?? config.HeadDimension;

    private static float OffsetOf(Architecture architecture, TensorRole role) => IsNorm(role) && architecture.HuggingFaceNormsAreOffsets ? 1 : 0;

    /// <summary>Whether a layer does not have a norm, though the name of another one may be the same.</summary>
    private static bool IsAbsent(ModelConfig config, TensorRole role, int layer)
    {
        LayerConfig blocks = config.Layers[layer];
        NormPlacement placement = blocks.NormPlacement ?? config.Architecture.NormPlacement;
        bool mixes = blocks.Attends || blocks.Recurrent is not null;
        return role switch
        {
            TensorRole.AttentionNorm => !mixes || placement == NormPlacement.After,
            TensorRole.PostAttentionNorm => !mixes || placement == NormPlacement.Before,
            TensorRole.FeedForwardNorm => !blocks.FeedsForward || placement == NormPlacement.After,
            TensorRole.PostFeedForwardNorm => !blocks.FeedsForward || placement == NormPlacement.Before,
            _ => false,
        };
    }

    private static bool IsNorm(TensorRole role) => role
        is TensorRole.AttentionNorm or TensorRole.QueryNorm or TensorRole.KeyNorm or TensorRole.PostAttentionNorm
        or TensorRole.FeedForwardNorm or TensorRole.PostFeedForwardNorm or TensorRole.OutputNorm;

    /// <summary>GGUF stores the scaling of Llama 3 and LongRoPE as tensors of divisors.</summary>
    private static void AddRopeFactors(ModelConfig config, List<ConvertedTensor> tensors)
    {
        switch (config.Layers.Select(layer => layer.Rope).FirstOrDefault(rope => rope?.Scaling is not null))
        {
            case { Scaling: RopeScaling.Llama3 } rope:
                RopeFrequencies plain = (rope with { Scaling = null }).CreateFrequencies(interleaved: false, config.ContextLength);
                RopeFrequencies scaled = rope.CreateFrequencies(interleaved: false, config.ContextLength);
                float[] divisors = new float[plain.InverseFrequencies.Length];
                for (int i = 0; i < divisors.Length; i++)
                {
                    divisors[i] = plain.InverseFrequencies[i] / scaled.InverseFrequencies[i];
                }

                tensors.Add(new ConvertedTensor("rope_freqs.weight", divisors));
                break;
            case { Scaling: RopeScaling.LongRope longRope }:
                tensors.Add(new ConvertedTensor("rope_factors_long.weight", longRope.LongFactors));
                tensors.Add(new ConvertedTensor("rope_factors_short.weight", longRope.ShortFactors));
                break;
        }
    }
}
