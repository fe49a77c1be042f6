using System.Text;
using Winnow.Tokenization.Text;

namespace Winnow.Tokenization.Models;

/// <summary>
/// SentencePiece's unigram model (T5, XLM-RoBERTa): of all ways to cut the text into pieces, the one whose scores (log
/// probabilities) have the greatest sum.
/// </summary>
internal sealed class UnigramModel : TokenizerModel
{
    // SentencePiece scores a character that no piece covers this much below the worst piece.
    private const double UnknownPenalty = 10;

    private readonly PrefixIndex _pieces;
    private readonly double[] _scores;
    private readonly double _unknownScore;
    private readonly int _unknownId;
    private readonly int[]? _byteTokens;
    private readonly TextTransform? _normalize;
    private readonly PreTokenizer? _preTokenizer;

    private UnigramModel(
        PrefixIndex pieces,
        double[] scores,
        double lowestScore,
        int unknownId,
        int[]? byteTokens,
        TextTransform? normalize,
        PreTokenizer? preTokenizer)
    {
        _pieces = pieces;
        _scores = scores;
        _unknownScore = lowestScore - UnknownPenalty;
        _unknownId = unknownId;
        _byteTokens = byteTokens;
        _normalize = normalize;
        _preTokenizer = preTokenizer;
    }

    /// <param name="vocabulary">The pieces.</param>
    /// <param name="scores">One for each id; user-defined tokens count as 0.</param>
    /// <param name="unknownId">What stands for characters that no piece covers.</param>
    /// <param name="byteTokens">For each of 256 bytes the token that stands for it where unknown text becomes bytes, or null.</param>
    /// <param name="normalize">Rewrites the text first, or null.</param>
    /// <param name="preTokenizer">Cuts the text into parts that no piece crosses, or null.</param>
    public static UnigramModel Create(
        Vocabulary vocabulary,
        float[] scores,
        int unknownId,
        int[]? byteTokens,
        TextTransform? normalize,
        PreTokenizer? preTokenizer)
    {
        double[] ofText = new double[vocabulary.Count];
        double lowest = float.MaxValue;
        List<(byte[] Key, int Value)> pieces = new(vocabulary.Count);
        for (int id = 0; id < vocabulary.Count; id++)
        {
            if (vocabulary.Type(id) is TokenType.Normal or TokenType.UserDefined or TokenType.Unused)
            {
                pieces.Add((Encoding.UTF8.GetBytes(vocabulary.Text(id)), id));
                ofText[id] = vocabulary.Type(id) == TokenType.UserDefined ? 0 : scores[id];
            }

            if (vocabulary.Type(id) == TokenType.Normal)
            {
                lowest = Math.Min(lowest, scores[id]);
            }
        }

        return new UnigramModel(new PrefixIndex(pieces), ofText, lowest, unknownId, byteTokens, normalize, preTokenizer);
    }

    public override void Encode(ReadOnlyMemory<char> text, bool startOfText, List<int> output, CancellationToken cancellation)
    {
        if (_normalize is not null)
        {
            text = _normalize(text.ToString(), startOfText).AsMemory();
        }

        byte[] buffer = [];
        if (_preTokenizer is null)
        {
            EncodePart(Utf8Text.Encode(text.Span, ref buffer), output, cancellation);
            return;
        }

        foreach (ReadOnlyMemory<char> part in _preTokenizer.Split(text, startOfText, cancellation))
        {
            EncodePart(Utf8Text.Encode(part.Span, ref buffer), output, cancellation);
        }
    }

    private void EncodePart(ReadOnlySpan<byte> text, List<int> output, CancellationToken cancellation)
    {
        // best[i] ends at byte i: its piece, where that begins, and the sum of scores so far.
        (int Id, int Start, double Sum)[] best = new (int, int, double)[text.Length + 1];
        Array.Fill(best, (_unknownId, 0, double.MinValue));
        best[0].Sum = 0;
        for (int start = 0; start < text.Length;)
        {
            cancellation.ThrowIfCancellationRequested();
            int character = Math.Min(Utf8Text.Length(text[start]), text.Length - start);
            double sum = best[start].Sum;
            bool covered = false;
            PrefixIndex.Matches matches = _pieces.At(text[start..]);
            while (matches.MoveNext())
            {
                covered |= matches.Length == character;
                Offer(ref best[start + matches.Length], matches.Value, start, sum + _scores[matches.Value]);
            }

            if (!covered)
            {
                Offer(ref best[start + character], _unknownId, start, sum + _unknownScore);
            }

            start += character;
        }

        int first = output.Count;
        bool previousUnknown = false;
        for (int end = text.Length; end > 0; end = best[end].Start)
        {
            (int id, int start, _) = best[end];
            bool unknown = id == _unknownId;
            if (unknown && _byteTokens is not null)
            {
                for (int i = end - 1; i >= start; i--)
                {
                    output.Add(_byteTokens[text[i]]);
                }
            }
            else if (!(unknown && previousUnknown))
            {
                output.Add(id);
            }

            previousUnknown = unknown;
        }

        output.Reverse(first, output.Count - first);
    }

    private static void Offer(ref (int Id, int Start, double Sum) best, int id, int start, double sum)
    {
        if (sum > best.Sum)
        {
            best = (id, start, sum);
        }
    }
}
