using System.Text;

namespace Winnow.Tokenization;

/// <summary>
/// Turns tokens into text as they come. A character whose bytes are spread over several tokens is held back until it is
/// complete; bytes that can no longer become a character are written as U+FFFD.
/// </summary>
/// <remarks>Belongs to one stream of tokens, and to one thread at a time.</remarks>
public sealed class IncrementalDetokenizer
{
    private readonly Tokenizer _tokenizer;
    private readonly Decoder _decoder = Encoding.UTF8.GetDecoder();
    private readonly bool _skipSpecial;
    private bool _dropSpace;

    /// <summary>Creates a detokenizer at the start of a stream.</summary>
    /// <param name="tokenizer">The vocabulary.</param>
    /// <param name="skipSpecial">Whether control tokens are left out; otherwise they are written by their names.</param>
    /// <param name="startOfText">
    /// Whether the stream begins a text. Vocabularies that put a space in front of a text drop it then; a stream that
    /// continues a text keeps it.
    /// </param>
    public IncrementalDetokenizer(Tokenizer tokenizer, bool skipSpecial = true, bool startOfText = true)
    {
        ArgumentNullException.ThrowIfNull(tokenizer);
        _tokenizer = tokenizer;
        _skipSpecial = skipSpecial;
        _dropSpace = startOfText && tokenizer.DropsLeadingSpace;
    }

    /// <summary>Takes the next token.</summary>
    /// <returns>The text that is complete now, often empty.</returns>
    /// <exception cref="ArgumentOutOfRangeException">The id is none of the vocabulary.</exception>
    public string Append(int id)
    {
        ReadOnlySpan<byte> bytes = _tokenizer.TokenBytes(id);
        if (bytes.Length == 0 || (_skipSpecial && _tokenizer.IsControl(id)))
        {
            return "";
        }

        if (_dropSpace && bytes[0] == ' ')
        {
            bytes = bytes[1..];
        }

        _dropSpace = false;
        return Decode(bytes, flush: false);
    }

    /// <summary>Ends the stream.</summary>
    /// <returns>U+FFFD for bytes that were held back, or nothing.</returns>
    public string Flush() => Decode([], flush: true);

    private string Decode(ReadOnlySpan<byte> bytes, bool flush)
    {
        // Up to three bytes are held back, and each byte becomes one unit at most.
        int limit = bytes.Length + 4;
        Span<char> characters = limit <= 256 ? stackalloc char[limit] : new char[limit];
        int count = _decoder.GetChars(bytes, characters, flush);
        return count == 0 ? "" : new string(characters[..count]);
    }
}
