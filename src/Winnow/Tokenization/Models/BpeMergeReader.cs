using System.Text;
using Winnow.Tokenization.Text;

namespace Winnow.Tokenization.Models;

/// <summary>Collects the merges of a BPE vocabulary and numbers the symbols that they name.</summary>
/// <param name="symbols">The bytes of the tokens; symbols that merges name but that are no tokens are added.</param>
/// <param name="byteLevel">Whether texts are in GPT-2's byte alphabet, or UTF-8.</param>
/// <param name="capacity">About how many merges come.</param>
internal sealed class BpeMergeReader(ByteStringTable symbols, bool byteLevel, int capacity)
{
    private byte[] _buffer = new byte[256];

    public BpeMerges Merges { get; } = new(capacity);

    /// <summary>Adds a merge.</summary>
    /// <returns>False where a part is not in the alphabet, so that the merge can never happen.</returns>
    public bool Add(ReadOnlySpan<char> left, ReadOnlySpan<char> right, int rank)
    {
        int limit = 3 * (left.Length + right.Length);
        if (_buffer.Length < limit)
        {
            _buffer = new byte[limit];
        }

        int leftLength = Bytes(left, _buffer);
        int rightLength = leftLength < 0 ? -1 : Bytes(right, _buffer.AsSpan(leftLength));
        if (rightLength < 0)
        {
            return false;
        }

        Merges.Add(
            Symbol(_buffer.AsSpan(0, leftLength)),
            Symbol(_buffer.AsSpan(leftLength, rightLength)),
            rank,
            Symbol(_buffer.AsSpan(0, leftLength + rightLength)));
        return true;
    }

    private int Bytes(ReadOnlySpan<char> text, Span<byte> output) => !byteLevel
        ? Encoding.UTF8.GetBytes(text, output)
        : ByteAlphabet.TryDecode(text, output) ? text.Length : -1;

    private int Symbol(ReadOnlySpan<byte> bytes)
    {
        int found = symbols.Find(bytes);
        return found >= 0 ? found : symbols.Add(bytes);
    }
}
