using Winnow.Sampling.Grammars;

namespace Winnow.Sampling;

/// <summary>The bytes of a model's tokens, laid out as a tree so that tokens which begin alike are ruled out together. Made once a model.</summary>
internal sealed class GrammarVocabulary
{
    private readonly byte[][] _bytes;
    private readonly bool[] _isEnd;

    /// <summary>Lays out a vocabulary.</summary>
    /// <param name="size">How many tokens there are.</param>
    /// <param name="bytes">The bytes that a token stands for; none for a token that no text holds.</param>
    /// <param name="isEndOfGeneration">Whether a token ends the answer; it is allowed where the grammar's text may end.</param>
    /// <param name="isControl">Whether a token is no text, so that no grammar allows it.</param>
    public GrammarVocabulary(int size, Func<int, ReadOnlySpan<byte>> bytes, Func<int, bool> isEndOfGeneration, Func<int, bool> isControl)
    {
        ArgumentOutOfRangeException.ThrowIfNegativeOrZero(size);
        ArgumentNullException.ThrowIfNull(bytes);
        ArgumentNullException.ThrowIfNull(isEndOfGeneration);
        ArgumentNullException.ThrowIfNull(isControl);
        _bytes = new byte[size][];
        _isEnd = new bool[size];
        for (int token = 0; token < size; token++)
        {
            _isEnd[token] = isEndOfGeneration(token);
            _bytes[token] = _isEnd[token] || isControl(token) ? [] : bytes(token).ToArray();
        }

        EndTokens = [.. Enumerable.Range(0, size).Where(token => _isEnd[token])];
        Tree = new TokenTree(_bytes);
    }

    /// <summary>How many tokens there are.</summary>
    public int Size => _bytes.Length;

    internal IReadOnlyList<int> EndTokens { get; }

    internal TokenTree Tree { get; }

    internal bool IsEnd(int token) => _isEnd[token];

    internal ReadOnlySpan<byte> Bytes(int token) => _bytes[token];
}
