using Winnow.Compute;
using Winnow.Formats;

namespace Winnow.Models;

/// <summary>The hyper-parameters of one model, the same whether they come from a GGUF file or from Hugging Face's config.json.</summary>
internal sealed record ModelConfig
{
    /// <summary>The most layers, or experts of one, that are believed.</summary>
    public const int MaxLayers = 4096;

    /// <summary>The largest head that is believed.</summary>
    public const int MaxHeadDimension = 4096;

    private const int MaxSize = 1 << 24;

    /// <summary>What the sizes do not say.</summary>
    public required Architecture Architecture { get; init; }

    /// <summary>What its makers call it, or null.</summary>
    public string? Name { get; init; }

    /// <summary>The width of the residual stream.</summary>
    public required int HiddenSize { get; init; }

    /// <summary>The inner width of feed-forward blocks.</summary>
    public required int FeedForwardSize { get; init; }

    /// <summary>Token ids, counted.</summary>
    public required int VocabularySize { get; init; }

    /// <summary>Tokens that the model was made for.</summary>
    public required int ContextLength { get; init; }

    /// <summary>Query heads.</summary>
    public required int QueryHeads { get; init; }

    /// <summary>KV heads, a divisor of the query heads.</summary>
    public required int KvHeads { get; init; }

    /// <summary>Elements of a head.</summary>
    public required int HeadDimension { get; init; }

    /// <summary>The epsilon of all norms.</summary>
    public required float NormEpsilon { get; init; }

    /// <summary>One for each layer.</summary>
    public required IReadOnlyList<LayerConfig> Layers { get; init; }

    /// <summary>Whether rotated pairs are neighbours in these weights.</summary>
    public required bool RopeIsInterleaved { get; init; }

    /// <summary>The non-linearity of feed-forward blocks.</summary>
    public required Activation Activation { get; init; }

    /// <summary>The mixture of experts, or null.</summary>
    public ExpertConfig? Experts { get; init; }

    /// <summary>Whether feed-forward runs beside attention instead of after it.</summary>
    public bool IsParallel { get; init; }

    /// <summary>What query-key products are multiplied with.</summary>
    public required float AttentionScale { get; init; }

    /// <summary>The soft cap of scores, or 0.</summary>
    public float AttentionSoftCap { get; init; }

    /// <summary>The soft cap of logits, or 0.</summary>
    public float LogitSoftCap { get; init; }

    /// <summary>What embeddings are multiplied with.</summary>
    public float EmbeddingScale { get; init; } = 1;

    /// <summary>What each block's result is multiplied with before it is added.</summary>
    public float ResidualScale { get; init; } = 1;

    /// <summary>What logits are multiplied with.</summary>
    public float LogitScale { get; init; } = 1;

    /// <summary>Whether the embeddings serve as output head; null where the presence of a head in the file says so.</summary>
    public bool? IsTied { get; init; }

    /// <summary>Checks that the numbers make a model.</summary>
    /// <param name="path">The file that errors name.</param>
    /// <exception cref="ModelFormatException">One of them does not.</exception>
    public ModelConfig Validate(string path)
    {
        Range("hidden size", HiddenSize, 1, MaxSize);
        Range("feed-forward size", FeedForwardSize, 1, MaxSize);
        Range("vocabulary size", VocabularySize, 1, MaxSize);
        Range("context length", ContextLength, 1, int.MaxValue / 2);
        Range("query heads", QueryHeads, 1, MaxSize);
        Range("KV heads", KvHeads, 1, QueryHeads);
        Range("head dimension", HeadDimension, 1, MaxHeadDimension);
        Range("layers", Layers.Count, 1, MaxLayers);
        Require(QueryHeads % KvHeads == 0, $"{QueryHeads} query heads cannot share {KvHeads} KV heads evenly");
        Require((long)QueryHeads * HeadDimension <= MaxSize, $"{QueryHeads} heads of {HeadDimension} elements are more than {MaxSize:N0}");
        Positive("norm epsilon", NormEpsilon);
        Positive("attention scale", AttentionScale);
        Positive("embedding scale", EmbeddingScale);
        Positive("residual scale", ResidualScale);
        Positive("logit scale", LogitScale);
        Require(AttentionSoftCap >= 0 && float.IsFinite(AttentionSoftCap), $"the soft cap of attention is {AttentionSoftCap}, but must be positive, or 0 for none");
        Require(LogitSoftCap >= 0 && float.IsFinite(LogitSoftCap), $"the soft cap of logits is {LogitSoftCap}, but must be positive, or 0 for none");
        foreach (LayerConfig layer in Layers.Distinct())
        {
            Range("sliding window", layer.Window, 0, int.MaxValue / 2);
            if (layer.Rope is { } rope)
            {
                Require(rope.Dimension > 0 && rope.Dimension % 2 == 0 && rope.Dimension <= HeadDimension, $"rotary dimension is {rope.Dimension}, but must be even and from 2 to the head's {HeadDimension}");
                Require(rope.Base > 1 && float.IsFinite(rope.Base), $"rotary base is {rope.Base}, but must be above 1");
                CheckScaling(rope);
            }
        }

        if (Experts is { } experts)
        {
            Range("experts", experts.Count, 1, MaxLayers);
            Range("experts used", experts.Used, 1, experts.Count);
            Range("feed-forward size of experts", experts.FeedForwardSize, 1, MaxSize);
        }

        return this;

        void Range(string what, int value, int least, int most) => Require(value >= least && value <= most, $"{what} is {value}, but must be from {least} to {most}");

        void Positive(string what, float value) => Require(value > 0 && float.IsFinite(value), $"{what} is {value}, but must be positive");

        void Require(bool condition, string problem)
        {
            if (!condition)
            {
                throw new ModelFormatException(path, problem);
            }
        }

        void CheckScaling(RopeConfig rope)
        {
            switch (rope.Scaling)
            {
                case RopeScaling.Linear linear:
                    Positive("rotary scaling factor", linear.Factor);
                    break;
                case RopeScaling.Llama3 llama3:
                    Positive("rotary scaling factor", llama3.Factor);
                    Positive("low frequency factor of rotary scaling", llama3.LowFrequencyFactor);
                    Require(llama3.HighFrequencyFactor > llama3.LowFrequencyFactor, $"high frequency factor of rotary scaling is {llama3.HighFrequencyFactor}, but must be above the low one, {llama3.LowFrequencyFactor}");
                    Range("original context of rotary scaling", llama3.OriginalContext, 1, int.MaxValue);
                    break;
                case RopeScaling.Yarn yarn:
                    Positive("rotary scaling factor", yarn.Factor);
                    Positive("fast beta of rotary scaling", yarn.BetaFast);
                    Positive("slow beta of rotary scaling", yarn.BetaSlow);
                    Positive("magnitude of rotary scaling", yarn.Magnitude);
                    Range("original context of rotary scaling", yarn.OriginalContext, 1, int.MaxValue);
                    break;
                case RopeScaling.LongRope longRope:
                    CheckDivisors("short rotary factors", longRope.ShortFactors, rope);
                    CheckDivisors("long rotary factors", longRope.LongFactors, rope);
                    Positive("magnitude of rotary scaling", longRope.Magnitude);
                    break;
                case RopeScaling.Divisors divisors:
                    CheckDivisors("rotary factors", divisors.Values, rope);
                    break;
            }
        }

        void CheckDivisors(string what, float[] values, RopeConfig rope)
        {
            Require(values.Length == rope.Dimension / 2, $"there are {values.Length} {what}, but {rope.Dimension / 2} rotated pairs");
            Array.ForEach(values, value => Positive(what, value));
        }
    }
}
