using Winnow.Attention;
using Winnow.Models.Forward;

namespace Winnow.Generation;

/// <summary>A prompt that is being read, part by part; between two parts other sequences may compute.</summary>
/// <param name="reader">Who reads it.</param>
/// <param name="tokens">What is to be read.</param>
/// <param name="phase">Whether the prompt ends with them; the logits after it are computed then.</param>
/// <param name="pass">What reads them.</param>
/// <param name="progress">Told how far it is, after each chunk, and within passes that are longer than one.</param>
internal sealed class PromptReading(
    TokenReader reader, ReadOnlyMemory<int> tokens, AttentionPhase phase, ForwardPass pass, IProgress<PrefillProgress>? progress)
{
    private readonly int _end = reader.Tokens.Count + tokens.Length;
    private ReadOnlyMemory<int> _rest = tokens;
    private bool _isUnderWay;

    /// <summary>Tokens that are read at once from the next chunk on; at most the reader's own number counts.</summary>
    public int Chunk { get; set; } = int.MaxValue;

    /// <summary>Tokens of the prompt that did not have to be read.</summary>
    public int CachedTokens { get; init; }

    /// <summary>Tokens that are left, where they may be read as one part of a pass of others; 0 where they may not.</summary>
    public int RowsToJoin => !_isUnderWay && reader.PartLength(_rest.Length, phase, reader.Chunk) == _rest.Length ? _rest.Length : 0;

    /// <summary>Does the next part: some of the rows in some of the work of a layer.</summary>
    /// <param name="cancellation">Looked at before, and within long attention.</param>
    /// <returns>Whether there is more to do.</returns>
    public bool Advance(CancellationToken cancellation)
    {
        if (_rest.IsEmpty)
        {
            return false;
        }

        cancellation.ThrowIfCancellationRequested();
        if (!_isUnderWay)
        {
            Begin();
        }

        if (pass.Advance(cancellation))
        {
            if (pass.Rows.Count > reader.Chunk)
            {
                progress?.Report(new PrefillProgress(reader.Tokens.Count + (int)(pass.Progress * pass.Rows.Count), _end));
            }

            return true;
        }

        _rest = _rest[pass.Rows.Segments[0].Rows..];
        _isUnderWay = false;
        reader.EndPass();
        Report();
        return !_rest.IsEmpty;
    }

    /// <summary>What is left as a part of a pass of others, as <see cref="RowsToJoin"/> allows; <see cref="EndRest"/> follows that pass.</summary>
    public Segment BeginRest() => BeginPart(_rest);

    /// <summary>The pass has ended: all of the prompt is read.</summary>
    public void EndRest()
    {
        _rest = default;
        reader.EndPass();
    }

    /// <summary>Tells how far it is.</summary>
    public void Report() => progress?.Report(new PrefillProgress(reader.Tokens.Count, _end));

    private void Begin()
    {
        ReadOnlySpan<Segment> segments = [BeginPart(_rest[..reader.PartLength(_rest.Length, phase, Math.Min(Chunk, reader.Chunk))])];
        pass.Begin(segments);
        _isUnderWay = true;
    }

    private Segment BeginPart(ReadOnlyMemory<int> part)
    {
        bool isEnd = phase == AttentionPhase.PromptEnd && part.Length == _rest.Length;
        if (isEnd)
        {
            reader.KeepState();
        }

        return reader.BeginPass(part, isEnd ? AttentionPhase.PromptEnd : AttentionPhase.Prompt, isEnd ? ForwardOutput.LastLogits : ForwardOutput.None);
    }
}
