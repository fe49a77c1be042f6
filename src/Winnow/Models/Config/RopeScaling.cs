namespace Winnow.Models.Config;

/// <summary>How rotary frequencies are stretched to contexts longer than a model was first trained on.</summary>
internal abstract record RopeScaling
{
    private RopeScaling()
    {
    }

    /// <summary>All frequencies divided by a factor (https://arxiv.org/abs/2306.15595).</summary>
    public sealed record Linear(float Factor) : RopeScaling;

    /// <summary>Llama 3.1: low frequencies divided by the factor, high ones kept, those between blended.</summary>
    public sealed record Llama3(float Factor, float LowFrequencyFactor, float HighFrequencyFactor, int OriginalContext) : RopeScaling;

    /// <summary>YaRN (https://arxiv.org/abs/2309.00071): interpolation of the dimensions that turn slowly, and a temperature.</summary>
    /// <param name="Factor">The stretch.</param>
    /// <param name="OriginalContext">Tokens before it.</param>
    /// <param name="BetaFast">Dimensions with more turns in the original context keep their frequency.</param>
    /// <param name="BetaSlow">Dimensions with fewer turns are divided by the factor.</param>
    /// <param name="Magnitude">The factor of sine and cosine.</param>
    /// <param name="RoundsBounds">Whether the bounds between the two are rounded to whole dimensions.</param>
    public sealed record Yarn(float Factor, int OriginalContext, float BetaFast, float BetaSlow, float Magnitude, bool RoundsBounds)
        : RopeScaling
    {
        /// <summary>How much of the turns above <see cref="BetaFast"/> is kept; 1 for all, 0 to divide all frequencies.</summary>
        public float Extrapolation { get; init; } = 1;

        /// <summary>The paper's temperature, 0.1 ln(factor) + 1.</summary>
        /// <param name="factor">The stretch.</param>
        /// <param name="weight">What the logarithm is multiplied with besides (DeepSeek's mscale).</param>
        public static float DefaultMagnitude(float factor, float weight = 1) =>
            factor <= 1 ? 1 : (0.1f * weight * MathF.Log(factor)) + 1;
    }

    /// <summary>LongRoPE (https://arxiv.org/abs/2402.13753): a searched divisor for each frequency, two sets of them.</summary>
    /// <param name="ShortFactors">For contexts up to the original length, [dimension / 2].</param>
    /// <param name="LongFactors">For longer ones, [dimension / 2].</param>
    /// <param name="OriginalContext">Tokens of the original length.</param>
    /// <param name="Magnitude">The factor of sine and cosine.</param>
    public sealed record LongRope(float[] ShortFactors, float[] LongFactors, int OriginalContext, float Magnitude) : RopeScaling
    {
        /// <summary>The factor of sine and cosine for contexts up to the original length.</summary>
        public float ShortMagnitude { get; init; } = Magnitude;
    }

    /// <summary>Dynamic NTK: the base grows with the context beyond the original length.</summary>
    /// <param name="Factor">How fast.</param>
    /// <param name="OriginalContext">Tokens of the original length.</param>
    public sealed record Dynamic(float Factor, int OriginalContext) : RopeScaling;

    /// <summary>All pairs of the dimension, but only the first ones turn (Gemma 4); their frequencies are those of a rotation of all.</summary>
    /// <param name="Pairs">How many turn.</param>
    /// <param name="Factor">What frequencies are divided by.</param>
    public sealed record Proportional(int Pairs, float Factor) : RopeScaling;

    /// <summary>A divisor for each frequency, [dimension / 2]: how GGUF files store Llama 3's scaling.</summary>
    public sealed record Divisors(float[] Values) : RopeScaling;
}
