using static Winnow.Limits;

namespace Winnow.Sampling;

/// <summary>
/// How the next token is chosen from the model's logits. Names, order of the stages and defaults are llama.cpp's.
/// </summary>
/// <remarks>
/// <para>The stages, in this order: <see cref="LogitBias"/>; penalties; DRY; <see cref="TopNSigma"/>; <see cref="TopK"/>;
/// <see cref="TypicalP"/>; <see cref="TopP"/>; <see cref="MinP"/>; XTC; <see cref="Temperature"/>; a random draw.
/// <see cref="LogitsProcessors"/> come before them all.</para>
/// <para>A <see cref="Temperature"/> of 0 chooses the greatest logit after bias, penalties and DRY, the lowest id on ties.
/// <see cref="Mirostat"/> replaces every stage but bias and temperature.</para>
/// <para>A value out of its range is an <see cref="ArgumentOutOfRangeException"/> that names the option, the value and the
/// range.</para>
/// </remarks>
public sealed record SamplingOptions
{
    private const int MaxWindow = 1 << 20;

    /// <summary>Always the most probable token: a temperature of 0.</summary>
    public static SamplingOptions Greedy { get; } = new() { Temperature = 0 };

    /// <summary>
    /// Seeds the random numbers: a seed gives the same ones on every machine. −1 picks one. Default −1.
    /// </summary>
    public long Seed { get; init => field = Within(value, -1, long.MaxValue); } = -1;

    /// <summary>
    /// Logits are divided by this: below 1 is more predictable, above 1 more varied, 0 greedy. 0 to 1000; default 0.8.
    /// </summary>
    public float Temperature { get; init => field = Within(value, 0, 1000); } = 0.8f;

    /// <summary>
    /// How far the temperature may move below and above <see cref="Temperature"/> with the entropy of the distribution; 0 keeps
    /// it fixed. 0 to 1000; default 0.
    /// </summary>
    public float DynamicTemperatureRange { get; init => field = Within(value, 0, 1000); }

    /// <summary>The dynamic temperature rises with the normalized entropy to this power. 0 to 100; default 1.</summary>
    public float DynamicTemperatureExponent { get; init => field = Within(value, 0, 100); } = 1;

    /// <summary>What an application does to the logits of every next token before anything else; none by default.</summary>
    public IReadOnlyList<ILogitsProcessor> LogitsProcessors { get; init => field = NotNull(value); } = [];

    /// <summary>Keeps this many tokens of the greatest logits; 0 keeps all. Default 40.</summary>
    public int TopK { get; init => field = Within(value, 0, int.MaxValue); } = 40;

    /// <summary>Keeps the most probable tokens that together reach this probability; 1 keeps all. 0 to 1; default 0.95.</summary>
    public float TopP { get; init => field = Within(value, 0, 1); } = 0.95f;

    /// <summary>
    /// Keeps tokens at least this part as probable as the most probable one; 0 keeps all. 0 to 1; default 0.05.
    /// </summary>
    public float MinP { get; init => field = Within(value, 0, 1); } = 0.05f;

    /// <summary>
    /// Keeps the tokens of the most typical surprise that together reach this probability; 1 keeps all. 0 to 1; default 1.
    /// </summary>
    public float TypicalP { get; init => field = Within(value, 0, 1); } = 1;

    /// <summary>
    /// Keeps tokens within this many standard deviations of the greatest logit; 0 or less keeps all. −1 to 1000; default −1.
    /// </summary>
    public float TopNSigma { get; init => field = Within(value, -1, 1000); } = -1;

    /// <summary>How often the top choices are excluded (XTC). 0 to 1; default 0.</summary>
    public float XtcProbability { get; init => field = Within(value, 0, 1); }

    /// <summary>The probability that makes a token a top choice; above 0.5 turns XTC off. 0 to 1; default 0.1.</summary>
    public float XtcThreshold { get; init => field = Within(value, 0, 1); } = 0.1f;

    /// <summary>How many tokens typical, top-p, min-p and XTC leave at least. Default 0.</summary>
    public int MinKeep { get; init => field = Within(value, 0, int.MaxValue); }

    /// <summary>
    /// How many of the latest tokens, the prompt's among them, the penalties look at; 0 turns them off. 0 to 1048576; default 64.
    /// </summary>
    public int RepeatLastN { get; init => field = Within(value, 0, MaxWindow); } = 64;

    /// <summary>
    /// Positive logits of recent tokens are divided by this, negative ones multiplied; 1 is off. 0.01 to 100; default 1.
    /// </summary>
    public float RepeatPenalty { get; init => field = Within(value, 0.01f, 100); } = 1;

    /// <summary>Subtracted from a recent token's logit for each time it occurred. −100 to 100; default 0.</summary>
    public float FrequencyPenalty { get; init => field = Within(value, -100, 100); }

    /// <summary>Subtracted once from the logit of each recent token. −100 to 100; default 0.</summary>
    public float PresencePenalty { get; init => field = Within(value, -100, 100); }

    /// <summary>
    /// Strength of DRY, which penalizes tokens that continue a repeated sequence; 0 is off. 0 to 100; default 0.
    /// </summary>
    public float DryMultiplier { get; init => field = Within(value, 0, 100); }

    /// <summary>
    /// The penalty of DRY grows by this factor with each token of the repeated sequence. 1 to 100; default 1.75.
    /// </summary>
    public float DryBase { get; init => field = Within(value, 1, 100); } = 1.75f;

    /// <summary>Repeated sequences of fewer tokens are not penalized. 1 to 1048576; default 2.</summary>
    public int DryAllowedLength { get; init => field = Within(value, 1, MaxWindow); } = 2;

    /// <summary>How many of the latest tokens DRY looks at; 0 turns it off. 0 to 1048576; default 64.</summary>
    public int DryPenaltyLastN { get; init => field = Within(value, 0, MaxWindow); } = 64;

    /// <summary>Texts that end a sequence for DRY. Default newline, colon, quotation mark, asterisk.</summary>
    public IReadOnlyList<string> DrySequenceBreakers { get; init => field = NoEmptyText(value); } = ["\n", ":", "\"", "*"];

    /// <summary>
    /// 0 is off; 2 is Mirostat 2, which steers the surprise of the text to <see cref="MirostatTau"/>. Default 0.
    /// </summary>
    public int Mirostat { get; init => field = value is 0 or 2 ? value : throw OutOfRange(value, "0 (off) or 2"); }

    /// <summary>The surprise, in bits per token, that Mirostat aims at. 0 to 100; default 5.</summary>
    public float MirostatTau { get; init => field = Within(value, 0, 100); } = 5;

    /// <summary>How fast Mirostat adjusts. 0 to 1; default 0.1.</summary>
    public float MirostatEta { get; init => field = Within(value, 0, 1); } = 0.1f;

    /// <summary>
    /// Added to the logits of single tokens, by id, before anything else; negative infinity forbids a token. Default none.
    /// </summary>
    public IReadOnlyDictionary<int, float> LogitBias { get; init => field = ValidBias(value); } = new Dictionary<int, float>();

    /// <summary>How many of the most probable tokens come with each generated one. 0 to 100; default 0.</summary>
    public int TopLogProbabilities { get; init => field = Within(value, 0, 100); }

    /// <summary>
    /// Whether each generated token comes with its log-probability; costs one copy of the logits a token. Default false.
    /// </summary>
    public bool LogProbabilities { get; init; }

    internal bool KeepsLogProbabilities => LogProbabilities || TopLogProbabilities > 0;

    private static IReadOnlyDictionary<int, float> ValidBias(IReadOnlyDictionary<int, float> value)
    {
        ArgumentNullException.ThrowIfNull(value, nameof(LogitBias));
        foreach ((int token, float bias) in value)
        {
            if (token < 0)
            {
                throw OutOfRange(token, "token ids of 0 or more", nameof(LogitBias));
            }

            if (float.IsNaN(bias) || float.IsPositiveInfinity(bias))
            {
                throw OutOfRange(bias, "a finite number or negative infinity", nameof(LogitBias));
            }
        }

        return value;
    }
}
