using Winnow.Tokenization.Text;

namespace Winnow.Tokenization.Models;

/// <summary>
/// SentencePiece's BPE as Llama and Mistral vocabularies have it: a pair may merge where the result is a piece, the one
/// with the highest score first; characters that are no piece become bytes.
/// </summary>
internal sealed class SentencePieceModel : TokenizerModel
{
    private readonly Scores _scores;
    private readonly int[] _byteTokens;
    private readonly int? _unknownId;
    private readonly bool _addSpacePrefix;
    private readonly bool _wordsAreApart;

    /// <param name="pieces">The pieces as the vocabulary writes them; control tokens are not findable.</param>
    /// <param name="scores">One for each piece.</param>
    /// <param name="byteTokens">For each of 256 bytes the token that stands for it, or -1.</param>
    /// <param name="unknownId">What stands for a character that has no bytes either; null drops it.</param>
    /// <param name="addSpacePrefix">Whether a space is put in front of the text, and of what follows a special token.</param>
    public SentencePieceModel(ByteStringTable pieces, float[] scores, int[] byteTokens, int? unknownId, bool addSpacePrefix)
    {
        _scores = new Scores(pieces, scores);
        _byteTokens = byteTokens;
        _unknownId = unknownId;
        _addSpacePrefix = addSpacePrefix;
        _wordsAreApart = Utf8Text.WordsAreApart(pieces);
    }

    public override void Encode(ReadOnlyMemory<char> text, bool startOfText, List<int> output, CancellationToken cancellation)
    {
        string escaped = text.ToString().Replace(' ', Utf8Text.SpaceMark);
        if (_addSpacePrefix)
        {
            escaped = Utf8Text.SpaceMark + escaped;
        }

        byte[] buffer = [];
        ReadOnlySpan<byte> bytes = Utf8Text.Encode(escaped, ref buffer);
        SymbolMerger merger = new();
        while (bytes.Length > 0)
        {
            // Where no piece crosses words, each can be merged alone, in a heap that fits the cache.
            int length = _wordsAreApart ? Utf8Text.WordLength(bytes) : bytes.Length;
            EncodeWord(bytes[..length], merger, output, cancellation);
            bytes = bytes[length..];
        }
    }

    private void EncodeWord(ReadOnlySpan<byte> bytes, SymbolMerger merger, List<int> output, CancellationToken cancellation)
    {
        merger.Clear();
        for (int i = 0; i < bytes.Length;)
        {
            cancellation.ThrowIfCancellationRequested();
            int length = Math.Min(Utf8Text.Length(bytes[i]), bytes.Length - i);
            merger.Add(length, _scores.Pieces.Find(bytes.Slice(i, length)));
            i += length;
        }

        merger.Merge(bytes, _scores, cancellation);
        for (int index = merger.First; index >= 0; index = merger.Next(index))
        {
            (int id, int start, int length) = merger[index];
            if (id >= 0)
            {
                output.Add(id);
                continue;
            }

            foreach (byte b in bytes.Slice(start, length))
            {
                int token = _byteTokens[b] >= 0 ? _byteTokens[b] : _unknownId ?? -1;
                if (token >= 0)
                {
                    output.Add(token);
                }
            }
        }
    }

    private readonly struct Scores(ByteStringTable pieces, float[] scores) : IMergeRule
    {
        public ByteStringTable Pieces => pieces;

        public bool TryMerge(ReadOnlySpan<byte> text, int left, int right, out int merged, out double priority)
        {
            merged = pieces.Find(text);
            priority = merged < 0 ? 0 : -(double)scores[merged];
            return merged >= 0;
        }
    }
}
