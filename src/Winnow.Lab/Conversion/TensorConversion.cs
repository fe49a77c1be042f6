using System.Globalization;
using Winnow.Compute;
using Winnow.Formats;
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
        TensorFinder finder = new(file, config);
        TensorNames target = config.Architecture.GgufTensors;
        List<ConvertedTensor> tensors = [];
        foreach (TensorRole role in RoleKinds.Global)
        {
            Add(role, 0);
        }

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
            tensors.Add(new ConvertedTensor(file.Path, target.Find(TensorRole.Output)! + ".weight", finder.Find(TensorRole.Embedding, 0), isStack: false)
            {
                RowScales = FoldedScales.Of(config, TensorRole.Output, 0),
            });
        }

        AddRopeFactors(config, tensors);
        return tensors;

        void Add(TensorRole role, int layer)
        {
            if (IsRecurrent(config, role, layer))
            {
                AddRecurrent(role, layer);
                return;
            }

            if (IsAbsent(config, role, layer) || IsShared(role, layer))
            {
                return;
            }

            // What only some files hold in one tensor goes apart where GGUF has it apart, and together where both have it together.
            bool isThere = IsTogether(role) ? finder.Names.Contains(role, layer) && !HasParts(target, role) : finder.Contains(role, layer);
            if (target.Find(role, layer) is not { } name || !isThere || (finder.Names.IsSeparate(role) && config.Experts is null)
                || (WholeThatStays(role) is { } whole && target.Find(whole) is not null && !finder.Names.Contains(role, layer) && finder.Names.Contains(whole, layer)))
            {
                return;
            }

            name = config.Architecture.GgufTensorName?.Invoke(config, finder.Names, role) is { } special
                ? string.Format(CultureInfo.InvariantCulture, special, layer)
                : name;
            if (RoleKinds.IsVector(role))
            {
                AddVector(role, layer, name);
                return;
            }

            TensorView[] views = finder.Find(role, layer);
            RoleShape shape = RoleShape.Of(config, role, layer);
            int[]? order = RowOrderOf(config, role, layer);
            float[]? scales = FoldedScales.Of(config, role, layer);
            tensors.Add(new ConvertedTensor(
                file.Path, name + ".weight", order is null ? views : Array.ConvertAll(views, view => view.Take(order)), shape.IsStack)
            {
                RowScales = scales,
            });
            if (finder.FindBias(role, layer) is { } bias)
            {
                float[] values = order is null ? bias : Array.ConvertAll(order, row => bias[row]);
                tensors.Add(new ConvertedTensor(name + ".bias", values, shape.Count) { RowScales = scales is [_] ? scales : null });
            }
        }

        // Files without experts may call the dense block what others call the shared expert.
        bool IsShared(TensorRole role, int layer) => role is TensorRole.Gate or TensorRole.Up or TensorRole.GateUp or TensorRole.Down
            && config.Experts is not null && !config.Architecture.HasDenseBesideExperts && finder.Contains(TensorRole.Router, layer);

        void AddRecurrent(TensorRole role, int layer)
        {
            if (config.Layers[layer].Recurrent is not { } recurrent || !finder.Names.Has(role))
            {
                return;
            }

            string name = target.Find(role, layer)!;
            if (RecurrentConversion.Handles(role))
            {
                tensors.AddRange(RecurrentConversion.Of(file, finder.Names, config, recurrent, role, layer));
            }
            else if (file.Tensors.TryGetValue(finder.Names.Weight(role, layer), out TensorEntry? weight))
            {
                int rows = weight.Shape.Count == 1 ? 1 : (int)weight.Shape[0];
                TensorView view = new(weight, 0, rows, (int)(weight.ElementCount / rows));
                tensors.Add(new ConvertedTensor(file.Path, name + ".weight", [view], isStack: false, [.. weight.Shape]));
            }

            // What is added to time steps is a role of its own.
            if (role != TensorRole.StepProjection && file.Tensors.TryGetValue(finder.Names.Bias(role, layer), out TensorEntry? bias))
            {
                tensors.Add(new ConvertedTensor(name + ".bias", FloatTensor.Decode(file.Path, bias))
                {
                    RowScales = FoldedScales.Of(config, role, layer) is [float scale] ? [scale] : null,
                });
            }
        }

        void AddVector(TensorRole role, int layer, string name)
        {
            string bias = finder.Names.Bias(role, layer);
            string weight = finder.Names.Weight(role, layer);
            float offset = RoleKinds.IsNorm(role) && config.Architecture.HuggingFaceNormsAreOffsets ? 1 : 0;
            foreach ((string source, string ending, float added) in ((string, string, float)[])[(weight, ".weight", offset), (bias, ".bias", 0)])
            {
                if (file.Tensors.TryGetValue(source, out TensorEntry? tensor))
                {
                    int rows = role is TensorRole.QueryNorm or TensorRole.KeyNorm && tensor.Shape.Count == 2 ? (int)tensor.Shape[0] : 1;
                    float[] values = FloatTensor.Decode(file.Path, tensor);
                    tensors.Add(new ConvertedTensor(name + RoleKinds.EndingOf(role, ending), Array.ConvertAll(values, value => value + added), rows));
                }
            }
        }
    }

    /// <summary>How many layers come before the first with experts.</summary>
    public static int DenseLayers(SafetensorsFile file, ModelConfig config)
    {
        TensorFinder finder = new(file, config);
        int layer = 0;
        while (config.Experts is not null && layer < config.Layers.Count && !finder.Contains(TensorRole.Router, layer))
        {
            layer++;
        }

        return layer;
    }

    /// <summary>Whether the tensor is one of a block with a state.</summary>
    private static bool IsRecurrent(ModelConfig config, TensorRole role, int layer) => RoleKinds.IsRecurrent(role)
        || (role == TensorRole.QueryKeyValue && config.Layers[layer] is { Attends: false, Recurrent: not null });

    /// <summary>Whether a layer does not have a tensor, though the name of another one may be the same.</summary>
    private static bool IsAbsent(ModelConfig config, TensorRole role, int layer)
    {
        LayerConfig blocks = config.Layers[layer];
        NormPlacement placement = blocks.NormPlacement ?? config.Architecture.NormPlacement;
        bool mixes = blocks.Attends || blocks.Recurrent is not null;
        return role switch
        {
            TensorRole.Query or TensorRole.Key or TensorRole.Value or TensorRole.QueryKeyValue => !blocks.Attends,
            TensorRole.AttentionNorm => !mixes || placement == NormPlacement.After,
            TensorRole.PostAttentionNorm => !mixes || placement == NormPlacement.Before,
            TensorRole.FeedForwardNorm => !blocks.FeedsForward || placement == NormPlacement.After,
            TensorRole.PostFeedForwardNorm => !blocks.FeedsForward || placement == NormPlacement.Before,
            _ => false,
        };
    }

    /// <summary>Whether a role is that of several matrices in one tensor.</summary>
    private static bool IsTogether(TensorRole role) =>
        role is TensorRole.QueryKeyValue or TensorRole.GateUp or TensorRole.ExpertGateUp or TensorRole.SharedGateUp or TensorRole.LatentKeyValueUp;

    /// <summary>Whether GGUF files of the architecture hold the parts of such a tensor as tensors of their own.</summary>
    private static bool HasParts(TensorNames target, TensorRole role) => role switch
    {
        TensorRole.ExpertGateUp => target.Find(TensorRole.ExpertGate) is not null,
        TensorRole.LatentKeyValueUp => target.Find(TensorRole.LatentKeyUp) is not null,
        _ => false,
    };

    /// <summary>The tensor that a matrix stays a part of.</summary>
    private static TensorRole? WholeThatStays(TensorRole role) => role switch
    {
        TensorRole.Query or TensorRole.Key or TensorRole.Value => TensorRole.QueryKeyValue,
        TensorRole.Gate or TensorRole.Up => TensorRole.GateUp,
        _ => null,
    };

    /// <summary>Rows of rotated pairs side by side, where GGUF has them so and the source has not.</summary>
    private static int[]? RowOrderOf(ModelConfig config, TensorRole role, int layer)
    {
        if (!config.Architecture.GgufRopeIsInterleaved || config.RopeIsInterleaved)
        {
            return null;
        }

        int width = config.HeadDimensionOf(layer);
        int rotated = config.Layers.FirstOrDefault(other => other.Rope is not null)?.Rope?.Dimension ?? width;
        return (role, config.Latent) switch
        {
            (TensorRole.Query or TensorRole.QueryUp, { } latent) => RowOrder.InterleavePairs(config.QueryHeads, latent.HeadDimension, latent.PlainDimension, latent.RopeDimension),
            (TensorRole.LatentKeyValue, { } latent) => RowOrder.InterleavePairs(1, latent.Rank + latent.RopeDimension, latent.Rank, latent.RopeDimension),
            (TensorRole.Query, _) => RowOrder.InterleavePairs(config.QueryHeads, width, 0, rotated),
            (TensorRole.Key, _) => RowOrder.InterleavePairs(config.KvHeadsOf(layer), width, 0, rotated),
            _ => null,
        };
    }

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
            case { Scaling: RopeScaling.Proportional proportional } rope:
                // What llama.cpp divides the frequencies of unrotated pairs with.
                float[] factors = new float[rope.Dimension / 2];
                Array.Fill(factors, 1e30f);
                factors.AsSpan(0, proportional.Pairs).Fill(proportional.Factor);
                tensors.Add(new ConvertedTensor("rope_freqs.weight", factors));
                break;
            case { Scaling: RopeScaling.LongRope longRope }:
                tensors.Add(new ConvertedTensor("rope_factors_long.weight", longRope.LongFactors));
                tensors.Add(new ConvertedTensor("rope_factors_short.weight", longRope.ShortFactors));
                break;
        }
    }
}
