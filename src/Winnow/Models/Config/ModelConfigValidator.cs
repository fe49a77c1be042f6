using Winnow.Compute;
using Winnow.Formats;

namespace Winnow.Models.Config;

/// <summary>Checks that the hyper-parameters of a file make a model, before memory is allocated after them.</summary>
/// <param name="path">The file that errors name.</param>
internal sealed class ModelConfigValidator(string path)
{
    private const int MaxSize = 1 << 24;
    private const int MaxContext = int.MaxValue / 2;

    /// <summary>A page of keys and values in F32, the largest type of a cache, has fewer than 2^31 bytes.</summary>
    private const int MaxKvWidth = int.MaxValue / (KvLayout.PageTokens * 2 * sizeof(float));

    /// <exception cref="ModelFormatException">One of the numbers makes no model.</exception>
    public void Check(ModelConfig config)
    {
        Range("hidden size", config.HiddenSize, 1, MaxSize);
        if (config.Layers.Any(layer => layer.FeedsForward))
        {
            Range("feed-forward size", config.FeedForwardSize, 1, MaxSize);
        }

        Range("vocabulary size", config.VocabularySize, 1, MaxSize);
        Range("context length", config.ContextLength, 1, MaxContext);
        Range("number of layers", config.Layers.Count, 1, ModelConfig.MaxLayers);
        if (config.Attends)
        {
            CheckAttention(config);
        }

        Positive("norm epsilon", config.NormEpsilon);
        Positive("embedding scale", config.EmbeddingScale);
        Positive("residual scale", config.ResidualScale);
        Positive("logit scale", config.LogitScale);
        Positive("scale of attention's result", config.AttentionOutputScale);
        Positive("scale of the recurrent block's result", config.RecurrentOutputScale);
        Positive("scale of the feed-forward gate", config.GateScale);
        Positive("scale of the feed-forward result", config.FeedForwardScale);
        NotNegative("soft cap of attention", config.AttentionSoftCap);
        NotNegative("soft cap of logits", config.LogitSoftCap);
        if (config.Experts is { } experts)
        {
            Range("number of experts", experts.Count, 1, ModelConfig.MaxLayers);
            Range("number of experts used", experts.Router.Used, 1, experts.Count);
            Range("inner size of shared experts", experts.SharedSize, 0, MaxSize);
            Positive("scale of experts' weights", experts.Router.Scale);
            Range("number of groups of experts", experts.Router.Groups, 1, experts.Count);
            Range("number of groups used", experts.Router.GroupsUsed, 1, experts.Router.Groups);
            Require(
                experts.Count % experts.Router.Groups == 0 && (long)experts.Count / experts.Router.Groups * experts.Router.GroupsUsed >= experts.Router.Used,
                $"{experts.Count} experts in {experts.Router.Groups} groups, {experts.Router.GroupsUsed} of them used, do not make {experts.Router.Used} for a token");
            Range("feed-forward size of experts", experts.FeedForwardSize, 1, MaxSize);
        }

        foreach (RecurrentConfig recurrent in config.Layers.Select(layer => layer.Recurrent).OfType<RecurrentConfig>().Distinct())
        {
            CheckRecurrent(recurrent);
        }

        NotNegative("limit of queries, keys and values", config.QueryKeyValueLimit);
        NotNegative("bias of distances", config.AlibiBias);
        Positive("value scale", config.ValueScale);
        for (int i = 0; i < config.Layers.Count; i++)
        {
            CheckLayer(config, i);
        }

        if (config.PerLayerSize != 0)
        {
            Range("size of tokens' vectors for each layer", config.PerLayerSize, 1, MaxSize / config.Layers.Count);
            Range("vocabulary of tokens' vectors for each layer", config.PerLayerVocabulary, config.VocabularySize, MaxSize);
        }
    }

    private void CheckLayer(ModelConfig config, int index)
    {
        LayerConfig layer = config.Layers[index];
        Range("sliding window", layer.Window, 0, MaxContext);
        Range("attention chunk", layer.Chunk, 0, MaxContext);
        if (layer.FeedsForward)
        {
            Range("feed-forward size", config.FeedForwardSizeOf(index), 1, MaxSize);
        }

        if (!layer.Attends)
        {
            return;
        }

        Range("head dimension", config.HeadDimensionOf(index), 1, ModelConfig.MaxHeadDimension);
        Range("value dimension", config.ValueDimensionOf(index), 1, ModelConfig.MaxHeadDimension);
        Range("number of KV heads", config.KvHeadsOf(index), 1, config.QueryHeads);
        Require(
            config.QueryHeads % config.KvHeadsOf(index) == 0,
            $"{config.QueryHeads} query heads cannot share {config.KvHeadsOf(index)} KV heads evenly");
        if (layer.Rope is { } rope)
        {
            CheckRope(rope, config.HeadDimensionOf(index));
        }

        if (layer.Temperature is { } temperature)
        {
            Range("number of positions that share a temperature of queries", temperature.Length, 1, MaxContext);
            Require(float.IsFinite(temperature.Scale), $"scale of the temperature of queries is {temperature.Scale}, but must be a number");
        }

        if (layer.SharedKvLayer is { } source)
        {
            Require(
                source < index && config.Layers[source] is { Attends: true, SharedKvLayer: null } && config.KvHeadsOf(source) == config.KvHeadsOf(index)
                && config.HeadDimensionOf(source) == config.HeadDimensionOf(index) && config.ValueDimensionOf(source) == config.ValueDimensionOf(index),
                $"layer {index} cannot take the keys and values of layer {source}: their heads differ");
        }
    }

    private void CheckLatent(LatentAttention latent)
    {
        Range("rank of compressed queries", latent.QueryRank, 0, MaxSize);
        Range("rank of compressed keys and values", latent.Rank, 1, ModelConfig.MaxHeadDimension);
        Range("dimension of unrotated keys", latent.PlainDimension, 1, ModelConfig.MaxHeadDimension);
        Range("dimension of rotated keys", latent.RopeDimension, 2, ModelConfig.MaxHeadDimension);
        Range("value dimension", latent.ValueDimension, 1, ModelConfig.MaxHeadDimension);
    }

    private void CheckAttention(ModelConfig config)
    {
        if (config.Latent is { } latent)
        {
            CheckLatent(latent);
        }

        Range("number of query heads", config.QueryHeads, 1, MaxSize);
        Range("number of KV heads", config.KvHeads, 1, config.QueryHeads);
        Range("head dimension", config.HeadDimension, 1, ModelConfig.MaxHeadDimension);
        Require(
            config.QueryHeads % config.KvHeads == 0,
            $"{config.QueryHeads} query heads cannot share {config.KvHeads} KV heads evenly");
        Require(
            (long)config.QueryHeads * config.HeadDimension <= MaxSize,
            $"{config.QueryHeads} heads of {config.HeadDimension} elements are more than {MaxSize:N0}");
        Require(
            (long)config.KvHeads * config.HeadDimension <= MaxKvWidth,
            $"{config.KvHeads} KV heads of {config.HeadDimension} elements are more than {MaxKvWidth:N0}");
        Positive("attention scale", config.AttentionScale);
    }

    /// <summary>Sizes of blocks with a state; each is a factor of a matrix that must be sensible too.</summary>
    private void CheckRecurrent(RecurrentConfig recurrent)
    {
        foreach ((string what, int value) in recurrent.Sizes)
        {
            Range($"{what} of {recurrent.Name}", value, 1, MaxSize);
        }

        foreach ((string what, int value, int divisor) in recurrent.Multiples)
        {
            Require(value % divisor == 0, $"{what} of {recurrent.Name} is {value}, but must be a multiple of {divisor}");
        }

        foreach ((long rows, long columns) in recurrent.Memory)
        {
            Require(
                rows > 0 && columns > 0 && rows * columns <= MaxSize, $"a state of {recurrent.Name} has {rows} × {columns} elements, but must have from 1 to {MaxSize:N0}");
        }

        Range($"width of {recurrent.Name}", recurrent.ScratchWidth, 1, MaxSize);
    }

    private void CheckRope(RopeConfig rope, int headDimension)
    {
        Require(
            rope.Dimension > 0 && rope.Dimension % 2 == 0 && rope.Dimension <= headDimension,
            $"rotary dimension is {rope.Dimension}, but must be even and from 2 to the head's {headDimension}");
        Require(rope.Base > 1 && float.IsFinite(rope.Base), $"rotary base is {rope.Base}, but must be above 1");
        switch (rope.Scaling)
        {
            case RopeScaling.Linear linear:
                Positive("rotary scaling factor", linear.Factor);
                break;
            case RopeScaling.Llama3 llama3:
                Positive("rotary scaling factor", llama3.Factor);
                Positive("low frequency factor of rotary scaling", llama3.LowFrequencyFactor);
                Range("original context of rotary scaling", llama3.OriginalContext, 1, MaxContext);
                Require(
                    llama3.HighFrequencyFactor > llama3.LowFrequencyFactor,
                    $"high frequency factor of rotary scaling is {llama3.HighFrequencyFactor}, "
                    + $"but must be above the low one, {llama3.LowFrequencyFactor}");
                break;
            case RopeScaling.Yarn yarn:
                Positive("rotary scaling factor", yarn.Factor);
                Positive("fast beta of rotary scaling", yarn.BetaFast);
                Positive("slow beta of rotary scaling", yarn.BetaSlow);
                Positive("magnitude of rotary scaling", yarn.Magnitude);
                Range("original context of rotary scaling", yarn.OriginalContext, 1, MaxContext);
                break;
            case RopeScaling.LongRope longRope:
                Divisors("short rotary factors", longRope.ShortFactors, rope.Dimension / 2);
                Divisors("long rotary factors", longRope.LongFactors, rope.Dimension / 2);
                Positive("magnitude of rotary scaling", longRope.Magnitude);
                Positive("magnitude of rotary scaling", longRope.ShortMagnitude);
                break;
            case RopeScaling.Dynamic dynamic:
                Positive("rotary scaling factor", dynamic.Factor);
                Range("original context of rotary scaling", dynamic.OriginalContext, 1, MaxContext);
                break;
            case RopeScaling.Proportional proportional:
                Positive("rotary scaling factor", proportional.Factor);
                Range("number of rotated pairs", proportional.Pairs, 1, rope.Dimension / 2);
                break;
            case RopeScaling.Divisors divisors:
                Divisors("rotary factors", divisors.Values, rope.Dimension / 2);
                break;
        }
    }

    private void Divisors(string what, float[] values, int pairs)
    {
        Require(values.Length == pairs, $"there are {values.Length} {what}, but {pairs} rotated pairs");
        Array.ForEach(values, value => Positive($"one of the {what}", value));
    }

    private void Range(string what, int value, int least, int most) =>
        Require(value >= least && value <= most, $"{what} is {value}, but must be from {least} to {most}");

    private void Positive(string what, float value) =>
        Require(value > 0 && float.IsFinite(value), $"{what} is {value}, but must be positive");

    private void NotNegative(string what, float value) =>
        Require(value >= 0 && float.IsFinite(value), $"{what} is {value}, but must be positive, or 0 for none");

    private void Require(bool condition, string problem)
    {
        if (!condition)
        {
            throw new ModelFormatException(path, problem);
        }
    }
}
