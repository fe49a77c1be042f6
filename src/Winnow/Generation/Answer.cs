using System.Diagnostics;
using Winnow.Sampling;

namespace Winnow.Generation;

/// <summary>One answer while it grows: chooses its tokens, knows its text and when it ends, and counts what it takes.</summary>
internal sealed class Answer
{
    private readonly GenerationOptions _options;
    private readonly Sampler _sampler;
    private readonly TokenReader _reader;
    private readonly AnswerText _text;
    private readonly float[] _choice;
    private readonly int _limit;
    private readonly RepetitionWatch? _watch;
    private readonly bool _givesLogProbabilities;
    private readonly TokenLogProbability[] _top;
    private readonly int _promptTokens;
    private readonly int _cachedTokens;
    private readonly long _start;
    private TimeSpan _prefill;
    private TimeSpan? _decode;
    private long _decodeStart;
    private int _generated;

    /// <summary>Begins the answer to a prompt that was read.</summary>
    /// <param name="engine">The model's vocabulary.</param>
    /// <param name="options">How tokens are chosen, and what ends the answer.</param>
    /// <param name="sampler">Chooses the tokens.</param>
    /// <param name="reader">Holds the prompt.</param>
    /// <param name="choice">Room for what is chosen from, [vocabulary].</param>
    /// <param name="cachedTokens">Tokens of the prompt that did not have to be read.</param>
    /// <param name="start">The timestamp at which reading began.</param>
    public Answer(
        Engine engine, GenerationOptions options, Sampler sampler, TokenReader reader, float[] choice, int cachedTokens, long start)
    {
        _options = options;
        _choice = choice;
        _promptTokens = reader.Tokens.Count;
        _cachedTokens = cachedTokens;
        _start = start;
        _reader = reader;
        _sampler = sampler;
        _sampler.AcceptPrompt(reader.TokenSpan);
        _text = new AnswerText(engine.Tokenizer, options, startOfText: reader.Tokens.All(engine.Tokenizer.IsControl));
        int room = options.FullContext == FullContextPolicy.Shift ? int.MaxValue : reader.ContextLength - _promptTokens;
        _limit = Math.Min(options.MaxTokens ?? int.MaxValue, room);
        _watch = options is { RepetitionLimit: > 0, IgnoreEndOfGeneration: false, Grammar: null } ? new RepetitionWatch(options.RepetitionLimit) : null;
        _givesLogProbabilities = options.Sampling.KeepsLogProbabilities;
        _top = new TokenLogProbability[options.Sampling.TopLogProbabilities];
        _prefill = Stopwatch.GetElapsedTime(start);
    }

    /// <summary>What the answer has taken so far; once it has ended, what it took.</summary>
    public GenerationStatistics Statistics => new()
    {
        PromptTokens = _promptTokens,
        CachedTokens = _cachedTokens,
        PromptMethodSkipped = _cachedTokens > 0 && _reader.Attention.NeedsWholePrompt,
        ShiftedTokens = ShiftedTokens,
        DroppedMessages = DroppedMessages,
        GeneratedTokens = _generated,
        Prefill = _prefill,
        Decode = _decode ?? (_decodeStart == 0 ? TimeSpan.Zero : Stopwatch.GetElapsedTime(_decodeStart)),
    };

    /// <summary>Tokens that went to make room.</summary>
    public int ShiftedTokens { get; set; }

    /// <summary>Messages that went to make room.</summary>
    public int DroppedMessages { get; init; }

    /// <summary>Whether nothing may follow, so that there is no next token.</summary>
    public bool IsOver => _sampler.IsOver;

    /// <summary>Chooses the token after those that were read.</summary>
    /// <returns>The token; with a reason, it is the last one.</returns>
    public GeneratedToken Next()
    {
        int token = Choose();
        _sampler.Accept(token);
        if (++_generated == 1)
        {
            _prefill = Stopwatch.GetElapsedTime(_start);
            _decodeStart = Stopwatch.GetTimestamp();
        }

        string piece = _text.Append(token, out bool stopped);
        stopped |= IsOver;
        bool repeats = _watch?.Accept(token) ?? false;
        if (!stopped && !repeats && _generated < _limit)
        {
            return Describe(token, piece, null);
        }

        _decode = Stopwatch.GetElapsedTime(_decodeStart);
        FinishReason reason = stopped ? FinishReason.Stop
            : repeats ? FinishReason.Repetition
            : _generated == _options.MaxTokens ? FinishReason.Length : FinishReason.ContextFull;
        return Describe(token, piece + _text.Flush(), reason);
    }

    private GeneratedToken Describe(int token, string text, FinishReason? reason)
    {
        GeneratedToken step = new(token, text, reason);
        return !_givesLogProbabilities ? step : step with
        {
            LogProbability = _sampler.LogProbability(token),
            TopLogProbabilities = _top.Length == 0 ? null : _top[.._sampler.TopLogProbabilities(_top)],
        };
    }

    private int Choose()
    {
        if (_reader.Candidates is { } candidates)
        {
            return _sampler.Sample(candidates.Ids.AsSpan(0, candidates.Count), candidates.Logits.AsSpan(0, candidates.Count));
        }

        // Sampling alters what it chooses from.
        _reader.Logits.CopyTo(_choice);
        return _sampler.Sample(_choice);
    }
}
