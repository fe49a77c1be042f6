using System.Numerics.Tensors;
using System.Runtime.InteropServices;
using System.Security.Cryptography;
using Winnow.Sampling.Stages;

namespace Winnow.Sampling;

/// <summary>Chooses token after token for one generation. Not thread-safe: each generation has its own.</summary>
/// <remarks>
/// Feed the prompt with <see cref="AcceptPrompt"/>, then alternate <see cref="Sample(Span{float})"/> and <see cref="Accept"/>. Buffers are
/// made on the first call and reused: no token allocates managed memory after that.
/// </remarks>
internal sealed class Sampler
{
    private readonly LogitBias bias;
    private readonly Penalties penalties;
    private readonly Dry dry;
    private readonly Mirostat? mirostat;
    private ILogitsConstraint? constraint;
    private readonly Candidates candidates = new();
    private readonly RawLogits raw = new();
    private readonly List<int> text = [];
    private readonly ILogitsProcessor[] processors;
    private Xoshiro256 random;

    /// <summary>Creates a sampler.</summary>
    /// <param name="options">How to choose.</param>
    /// <param name="breakers">
    /// What <see cref="SamplingOptions.DrySequenceBreakers"/> are in the model's vocabulary; null is none.
    /// </param>
    /// <param name="constraint">Limits which tokens may come next, from the beginning of a text; it is not changed. Null is no limit.</param>
    public Sampler(SamplingOptions options, DrySequenceBreakers? breakers = null, ILogitsConstraint? constraint = null)
    {
        ArgumentNullException.ThrowIfNull(options);
        Options = options;
        Seed = options.Seed == -1 ? RandomNumberGenerator.GetInt32(int.MaxValue) : options.Seed;
        bias = new LogitBias(options.LogitBias);
        penalties = new Penalties(options.RepeatLastN, options.RepeatPenalty, options.FrequencyPenalty, options.PresencePenalty);
        dry = new Dry(
            options.DryMultiplier,
            options.DryBase,
            options.DryAllowedLength,
            options.DryPenaltyLastN,
            breakers ?? DrySequenceBreakers.None);
        mirostat = options.Mirostat == 0 ? null : new Mirostat(options.MirostatTau, options.MirostatEta);
        processors = [.. options.LogitsProcessors];
        Begin(constraint);
    }

    /// <summary>How tokens are chosen.</summary>
    public SamplingOptions Options { get; }

    /// <summary>
    /// The seed in use: the one asked for, or the one that was picked at random, so that a run can be repeated.
    /// </summary>
    public long Seed { get; }

    /// <summary>
    /// How many of the most probable tokens are enough to choose from, so that a device may send these alone
    /// (<see cref="Sample(ReadOnlySpan{int}, ReadOnlySpan{float})"/>); null where all logits are needed.
    /// </summary>
    public int? CandidatesNeeded =>
        Options.LogitBias.Count > 0 || Options.KeepsLogProbabilities || constraint is not null || processors.Length > 0 || mirostat is not null
        || penalties.IsEnabled || dry.IsEnabled || Options.TopNSigma > 0
            ? null
            : Options.Temperature == 0 ? 1 : Options.TopK > 0 ? Options.TopK : null;

    /// <summary>Chooses the next token from the most probable ones. It is not part of the history until it is accepted.</summary>
    /// <param name="ids">Token ids, the greatest logit first, the lower id on ties; <see cref="CandidatesNeeded"/> of them, or the whole vocabulary.</param>
    /// <param name="logits">Their logits, [ids].</param>
    /// <returns>The token's id: the one that is chosen from all logits.</returns>
    /// <exception cref="InvalidOperationException">The options need all logits.</exception>
    /// <exception cref="WinnowException">A logit is not a number or infinite, or there is none.</exception>
    public int Sample(ReadOnlySpan<int> ids, ReadOnlySpan<float> logits)
    {
        if (CandidatesNeeded is null)
        {
            throw new InvalidOperationException("these options choose from all logits, not from the most probable tokens alone");
        }

        if (ids.Length != logits.Length)
        {
            throw new ArgumentException("each token needs its logit", nameof(logits));
        }

        RequireFinite(logits.IsEmpty ? float.NaN : logits[0]);
        if (Options.Temperature == 0)
        {
            return ids[0];
        }

        candidates.Clear(ids.Length);
        for (int i = 0; i < ids.Length; i++)
        {
            candidates.Add(ids[i], logits[i]);
        }

        Refine();
        return DrawOne();
    }

    /// <summary>Chooses the next token. It is not part of the history until it is accepted.</summary>
    /// <param name="logits">Logits of the next token, [vocabulary]; modified.</param>
    /// <returns>The token's id.</returns>
    /// <exception cref="ArgumentException">There are no logits.</exception>
    /// <exception cref="WinnowException">A logit is not a number or infinite, or every token is ruled out.</exception>
    public int Sample(Span<float> logits)
    {
        if (logits.IsEmpty)
        {
            throw new ArgumentException("there are no logits to choose from", nameof(logits));
        }

        if (Options.KeepsLogProbabilities || constraint is not null)
        {
            raw.Capture(logits);
        }

        int token = Choose(logits);
        if (constraint is not null && !constraint.Allows(token))
        {
            raw.Values.CopyTo(logits);
            constraint.Apply(logits);
            token = Choose(logits);
        }

        mirostat?.Commit();
        return token;
    }

    /// <summary>Takes note of the token that the text goes on with, usually the one just sampled.</summary>
    /// <param name="token">The token's id.</param>
    /// <exception cref="ArgumentOutOfRangeException">The id is negative.</exception>
    public void Accept(int token)
    {
        Remember(token);
        constraint?.Accept(token);
    }

    /// <summary>Takes note of the prompt, which penalties look at and a constraint does not.</summary>
    /// <param name="tokens">Ids, in order.</param>
    /// <exception cref="ArgumentOutOfRangeException">An id is negative.</exception>
    public void AcceptPrompt(ReadOnlySpan<int> tokens)
    {
        foreach (int token in tokens)
        {
            Remember(token);
        }
    }

    /// <summary>Whether the constraint lets no token follow, not even one that ends the text.</summary>
    internal bool IsOver => constraint is { IsOver: true };

    /// <summary>Forgets every token and starts the random numbers over from <see cref="Seed"/>.</summary>
    public void Reset()
    {
        penalties.Reset();
        dry.Reset();
        mirostat?.Reset();
        text.Clear();
        Begin(constraint);
    }

    /// <summary>
    /// The natural logarithm of a token's probability in the last step, from the logits as the model gave them: before bias,
    /// penalties, constraint and temperature.
    /// </summary>
    /// <param name="token">The token's id, usually the one sampled.</param>
    /// <exception cref="InvalidOperationException">
    /// Nothing was sampled yet, or <see cref="SamplingOptions.KeepsLogProbabilities"/> is off.
    /// </exception>
    /// <exception cref="ArgumentOutOfRangeException">The vocabulary has no such token.</exception>
    public float LogProbability(int token)
    {
        RequireLogProbabilities();
        ArgumentOutOfRangeException.ThrowIfNegative(token);
        ArgumentOutOfRangeException.ThrowIfGreaterThanOrEqual(token, raw.Values.Length);
        return raw.LogProbability(token);
    }

    /// <summary>The most probable tokens of the last step, as <see cref="LogProbability"/> sees them.</summary>
    /// <param name="destination">
    /// Receives the tokens, the most probable first, the lower id on ties; its length is how many are wanted.
    /// </param>
    /// <returns>How many were written: fewer than asked for only if the vocabulary has fewer.</returns>
    /// <exception cref="InvalidOperationException">
    /// Nothing was sampled yet, or <see cref="SamplingOptions.KeepsLogProbabilities"/> is off.
    /// </exception>
    public int TopLogProbabilities(Span<TokenLogProbability> destination)
    {
        RequireLogProbabilities();
        return raw.Top(destination, candidates);
    }

    /// <summary>Runs every stage but the draw.</summary>
    /// <param name="logits">Logits of the next token, [vocabulary]; modified.</param>
    /// <returns>The candidates that are left, their logits divided by the temperature.</returns>
    internal Candidates Narrow(Span<float> logits)
    {
        Shape(logits);
        float max = TensorPrimitives.Max<float>(logits);
        RequireFinite(max);
        if (mirostat is not null)
        {
            candidates.Load(logits, float.MinValue);
            Temperature.Apply(candidates, Options.Temperature, range: 0, exponent: 1);
            mirostat.Apply(candidates);
            return candidates;
        }

        TopK.Select(logits, TopNSigma.Floor(logits, max, Options.TopNSigma), Options.TopK, candidates);
        Refine();
        return candidates;
    }

    private void Begin(ILogitsConstraint? former)
    {
        constraint = former?.Begin();
        random = new Xoshiro256((ulong)Seed);
        for (int i = 0; i < processors.Length; i++)
        {
            processors[i] = processors[i].Begin();
        }
    }

    /// <summary>What changes the logits of the whole vocabulary.</summary>
    private void Shape(Span<float> logits)
    {
        foreach (ILogitsProcessor processor in processors)
        {
            processor.Process(CollectionsMarshal.AsSpan(text), logits);
        }

        bias.Apply(logits);
        if (mirostat is null)
        {
            penalties.Apply(logits);
            dry.Apply(logits);
        }
    }

    /// <summary>The stages that need the most probable tokens only.</summary>
    private void Refine()
    {
        Typical.Apply(candidates, Options.TypicalP, Options.MinKeep);
        TopP.Apply(candidates, Options.TopP, Options.MinKeep);
        MinP.Apply(candidates, Options.MinP, Options.MinKeep);
        Xtc.Apply(candidates, Options.XtcProbability, Options.XtcThreshold, Options.MinKeep, ref random);
        Temperature.Apply(
            candidates, Options.Temperature, Options.DynamicTemperatureRange, Options.DynamicTemperatureExponent);
    }

    private int Choose(Span<float> logits)
    {
        if (Options.Temperature == 0)
        {
            Shape(logits);
            return Greatest(logits);
        }

        Narrow(logits);
        return DrawOne();
    }

    private int DrawOne()
    {
        int chosen = Draw.Choose(candidates, ref random);
        mirostat?.Observe(candidates.Probabilities[chosen]);
        return candidates.Ids[chosen];
    }

    private static int Greatest(ReadOnlySpan<float> logits)
    {
        int index = TensorPrimitives.IndexOfMax(logits);
        float max = logits[index];
        RequireFinite(max);

        // IndexOfMax puts +0 above -0, but they are equal logits and the lower id wins.
        return max == 0 ? logits.IndexOf(0f) : index;
    }

    private static void RequireFinite(float max)
    {
        if (float.IsNegativeInfinity(max))
        {
            throw new WinnowException("no token can be chosen: bias or constraint rule out every one");
        }

        if (!float.IsFinite(max))
        {
            string found = float.IsNaN(max) ? "NaN" : "an infinite logit";
            throw new WinnowException($"the model produced {found}; its weights or the KV cache are damaged");
        }
    }

    private void Remember(int token)
    {
        ArgumentOutOfRangeException.ThrowIfNegative(token);
        penalties.Accept(token);
        dry.Accept(token);
        if (processors.Length > 0)
        {
            text.Add(token);
        }
    }

    private void RequireLogProbabilities()
    {
        if (!Options.KeepsLogProbabilities || raw.Values.IsEmpty)
        {
            throw new InvalidOperationException(
                $"log-probabilities need a sampled token and {nameof(SamplingOptions.KeepsLogProbabilities)} in the options");
        }
    }
}
