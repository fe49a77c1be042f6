using Winnow.Tokenization.Text;

namespace Winnow.Tokenization.Models;

/// <summary>
/// Byte-pair encoding: each piece of the text begins as single bytes (byte-level vocabularies) or characters (those that
/// write spaces as ▁), and neighbours merge in the order in which the vocabulary learned the pairs.
/// </summary>
internal sealed class BpeModel : TokenizerModel
{
    private readonly ByteStringTable _symbols;
    private readonly BpeMerges _merges;
    private readonly int _tokenCount;
    private readonly int[] _byteTokens;
    private readonly BpeOptions _options;
    private readonly bool _wordsAreApart;

    /// <param name="symbols">
    /// The bytes of every token under its id, followed by those of merge results that are no tokens; control tokens
    /// are not findable.
    /// </param>
    /// <param name="merges">Pairs of <paramref name="symbols"/>.</param>
    /// <param name="tokenCount">How many of the symbols are tokens.</param>
    /// <param name="byteTokens">For each of 256 bytes the token that stands for it, or -1.</param>
    /// <param name="options">The rest of what distinguishes BPE vocabularies.</param>
    public BpeModel(ByteStringTable symbols, BpeMerges merges, int tokenCount, int[] byteTokens, BpeOptions options)
    {
        _symbols = symbols;
        _merges = merges;
        _tokenCount = tokenCount;
        _byteTokens = byteTokens;
        _options = options;
        _wordsAreApart = !options.ByteLevel && Utf8Text.WordsAreApart(symbols);
    }

    public override void Encode(ReadOnlyMemory<char> text, bool startOfText, List<int> output, CancellationToken cancellation)
    {
        if (_options.Normalize is { } normalize)
        {
            text = normalize(text.ToString(), startOfText).AsMemory();
        }

        SymbolMerger merger = new();
        byte[] buffer = new byte[256];
        if (_options.PreTokenizer is null)
        {
            EncodePiece(text.Span, merger, ref buffer, output, cancellation);
            return;
        }

        foreach (ReadOnlyMemory<char> piece in _options.PreTokenizer.Split(text, startOfText, cancellation))
        {
            EncodePiece(piece.Span, merger, ref buffer, output, cancellation);
        }
    }

    private void EncodePiece(ReadOnlySpan<char> piece, SymbolMerger merger, ref byte[] buffer, List<int> output, CancellationToken cancellation)
    {
        ReadOnlySpan<byte> bytes = Utf8Text.Encode(piece, ref buffer);
        if (_options.WholePieces == WholePieces.Always
            || (_options.WholePieces == WholePieces.LineFeeds && bytes.IndexOfAnyExcept((byte)'\n') < 0))
        {
            int whole = _symbols.Find(bytes);
            if (whole >= 0 && whole < _tokenCount)
            {
                output.Add(whole);
                return;
            }
        }

        bool previousUnknown = false;
        while (bytes.Length > 0)
        {
            int length = _wordsAreApart ? Utf8Text.WordLength(bytes) : bytes.Length;
            previousUnknown = EncodeWord(bytes[..length], previousUnknown, merger, output, cancellation);
            bytes = bytes[length..];
        }
    }

    /// <returns>Whether the last id is the unknown token.</returns>
    private bool EncodeWord(ReadOnlySpan<byte> bytes, bool previousUnknown, SymbolMerger merger, List<int> output, CancellationToken cancellation)
    {
        merger.Clear();
        for (int i = 0; i < bytes.Length;)
        {
            if (_options.ByteLevel)
            {
                merger.Add(1, _byteTokens[bytes[i++]]);
                continue;
            }

            // Characters are looked up, which takes its time.
            cancellation.ThrowIfCancellationRequested();
            int length = Math.Min(Utf8Text.Length(bytes[i]), bytes.Length - i);
            merger.Add(length, _symbols.Find(bytes.Slice(i, length)));
            i += length;
        }

        merger.Merge(bytes, _merges, cancellation);
        for (int index = merger.First; index >= 0; index = merger.Next(index))
        {
            (int id, int start, int length) = merger[index];
            if (id >= 0 && id < _tokenCount)
            {
                output.Add(id);
                previousUnknown = false;
            }
            else
            {
                previousUnknown = Fallback(bytes.Slice(start, length), previousUnknown, output);
            }
        }

        return previousUnknown;
    }

    /// <summary>Writes what is no token as bytes, or as the unknown token, or not at all.</summary>
    /// <returns>Whether the last id is the unknown token.</returns>
    private bool Fallback(ReadOnlySpan<byte> bytes, bool previousUnknown, List<int> output)
    {
        bool complete = true;
        foreach (byte b in bytes)
        {
            complete &= _byteTokens[b] >= 0;
        }

        if (complete || _options.UnknownId is null)
        {
            foreach (byte b in bytes)
            {
                if (_byteTokens[b] >= 0)
                {
                    output.Add(_byteTokens[b]);
                }
            }

            return false;
        }

        if (!(previousUnknown && _options.FuseUnknown))
        {
            output.Add(_options.UnknownId.Value);
        }

        return true;
    }
}
