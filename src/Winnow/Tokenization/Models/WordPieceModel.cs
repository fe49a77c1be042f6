using Winnow.Tokenization.Text;

namespace Winnow.Tokenization.Models;

/// <summary>WordPiece: each word is cut from the left into the longest pieces of the vocabulary, or is unknown as a whole.</summary>
internal sealed class WordPieceModel : TokenizerModel
{
    private readonly ByteStringTable _pieces;
    private readonly int _unknownId;
    private readonly int _longestWord;
    private readonly TextTransform? _normalize;
    private readonly PreTokenizer _words;

    /// <param name="pieces">The pieces under their ids; one that begins a word has ▁ in front, one that continues it has nothing.</param>
    /// <param name="unknownId">What stands for a word that cannot be cut.</param>
    /// <param name="longestWord">Words of more characters are unknown.</param>
    /// <param name="normalize">Rewrites the text first, or null.</param>
    /// <param name="words">Cuts the text into words.</param>
    public WordPieceModel(ByteStringTable pieces, int unknownId, int longestWord, TextTransform? normalize, PreTokenizer words)
    {
        _pieces = pieces;
        _unknownId = unknownId;
        _longestWord = longestWord;
        _normalize = normalize;
        _words = words;
    }

    public override void Encode(ReadOnlyMemory<char> text, bool startOfText, List<int> output, CancellationToken cancellation)
    {
        if (_normalize is not null)
        {
            text = _normalize(text.ToString(), startOfText).AsMemory();
        }

        byte[] buffer = new byte[256];
        foreach (ReadOnlyMemory<char> word in _words.Split(text, startOfText, cancellation))
        {
            cancellation.ThrowIfCancellationRequested();
            int first = output.Count;
            if (!TryEncodeWord(Utf8Text.Encode($"{Utf8Text.SpaceMark}{word.Span}", ref buffer), output))
            {
                output.RemoveRange(first, output.Count - first);
                output.Add(_unknownId);
            }
        }
    }

    private bool TryEncodeWord(ReadOnlySpan<byte> word, List<int> output)
    {
        int characters = -1;
        foreach (byte b in word)
        {
            characters += (b & 0xC0) == 0x80 ? 0 : 1;
        }

        if (characters > _longestWord)
        {
            return false;
        }

        while (word.Length > 0)
        {
            int length = Math.Min(word.Length, _pieces.LongestFindable);
            int id = -1;
            while (length > 0 && (id = _pieces.Find(word[..length])) < 0)
            {
                length--;
            }

            if (id < 0)
            {
                return false;
            }

            output.Add(id);
            word = word[length..];
        }

        return true;
    }
}
