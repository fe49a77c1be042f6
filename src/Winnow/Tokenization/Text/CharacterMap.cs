using System.Buffers.Binary;
using System.Text;

namespace Winnow.Tokenization.Text;

/// <summary>
/// SentencePiece's precompiled normalization: a trie that maps sequences of characters to replacements.
/// </summary>
/// <remarks>
/// Layout: u32 size of the trie in bytes; the trie, a double array of u32 units (Darts-clone: offset in bits 10 to 30,
/// bit 9 scales it by 256, bit 8 says that a value follows, bits 0 to 7 and 31 are the label); replacements, each
/// ended by a zero byte.
/// </remarks>
internal sealed class CharacterMap
{
    /// <summary>The longest sequence that is looked up; those of vocabularies have some twenty bytes.</summary>
    private const int MaxKey = 256;

    /// <summary>How many times longer a text may become.</summary>
    private const int MaxGrowth = 32;

    private readonly uint[] _units;
    private readonly byte[] _replacements;

    private CharacterMap(uint[] units, byte[] replacements)
    {
        _units = units;
        _replacements = replacements;
    }

    /// <summary>Reads a map.</summary>
    /// <returns>The map, or null where the bytes are none.</returns>
    public static CharacterMap? Read(ReadOnlySpan<byte> data)
    {
        if (data.Length < 4)
        {
            return null;
        }

        uint size = BinaryPrimitives.ReadUInt32LittleEndian(data);
        if (size == 0 || size % 4 != 0 || size > data.Length - 4)
        {
            return null;
        }

        uint[] units = new uint[size / 4];
        for (int i = 0; i < units.Length; i++)
        {
            units[i] = BinaryPrimitives.ReadUInt32LittleEndian(data[(4 + (4 * i))..]);
        }

        byte[] replacements = data[(int)(4 + size)..].ToArray();
        return replacements.Length == 0 || replacements[^1] == 0 ? new CharacterMap(units, replacements) : null;
    }

    /// <summary>Replaces, from the left, the longest sequences that the map knows.</summary>
    /// <exception cref="WinnowException">The result would be many times as long as the text.</exception>
    public string Apply(string text)
    {
        byte[] buffer = [];
        ReadOnlySpan<byte> bytes = Utf8Text.Encode(text, ref buffer);
        int limit = (int)Math.Min(((long)bytes.Length * MaxGrowth) + 64, Array.MaxLength);
        byte[] output = new byte[(int)Math.Min(bytes.Length + 64L, Array.MaxLength)];
        int count = 0;
        while (bytes.Length > 0)
        {
            int length = Match(bytes, out ReadOnlySpan<byte> replacement);
            if (length == 0)
            {
                length = Math.Min(Utf8Text.Length(bytes[0]), bytes.Length);
                replacement = bytes[..length];
            }

            if (count + replacement.Length > limit)
            {
                throw new WinnowException($"the vocabulary's character map makes more than {limit} bytes of this text");
            }

            if (count + replacement.Length > output.Length)
            {
                Array.Resize(ref output, (int)Math.Min(Math.Max(2L * output.Length, count + replacement.Length), Array.MaxLength));
            }

            replacement.CopyTo(output.AsSpan(count));
            count += replacement.Length;
            bytes = bytes[length..];
        }

        return Encoding.UTF8.GetString(output, 0, count);
    }

    private int Match(ReadOnlySpan<byte> text, out ReadOnlySpan<byte> replacement)
    {
        replacement = default;
        int longest = 0;
        uint node = Offset(_units[0]);
        uint longestStart = 0;
        for (int i = 0; i < Math.Min(text.Length, MaxKey) && text[i] != 0; i++)
        {
            node ^= text[i];
            if (node >= _units.Length || (_units[node] & 0x8000_00FF) != text[i])
            {
                break;
            }

            uint unit = _units[node];
            node ^= Offset(unit);
            if (node >= _units.Length)
            {
                break;
            }

            uint start = _units[node] & 0x7FFF_FFFF;
            if ((unit & 0x100) != 0 && start < _replacements.Length)
            {
                longest = i + 1;
                longestStart = start;
            }
        }

        if (longest > 0)
        {
            replacement = _replacements.AsSpan((int)longestStart);
            replacement = replacement[..replacement.IndexOf((byte)0)];
        }

        return longest;
    }

    private static uint Offset(uint unit) => (unit >> 10) << (int)((unit & 0x200) >> 6);
}
