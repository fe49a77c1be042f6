namespace Winnow.Sampling.Grammars;

/// <summary>Cuts ranges of code points into sequences of byte ranges that match exactly their UTF-8 forms.</summary>
internal static class Utf8Ranges
{
    private static readonly int[] LastOfLength = [0x7F, 0x7FF, 0xFFFF, 0x10FFFF];

    public static IEnumerable<(byte First, byte Last)[]> Split(int first, int last)
    {
        for (int length = 1; length <= LastOfLength.Length && first <= last; length++)
        {
            int end = Math.Min(last, LastOfLength[length - 1]);
            if (first <= end)
            {
                foreach ((byte First, byte Last)[] sequence in Split(first, end, length))
                {
                    yield return sequence;
                }

                first = end + 1;
            }
        }
    }

    /// <summary>Splits a range whose code points all have the same number of bytes.</summary>
    private static IEnumerable<(byte First, byte Last)[]> Split(int first, int last, int length)
    {
        // A range is one sequence when, below the first byte in which its ends differ, it runs from all zeros to all ones.
        for (int i = 1; i < length; i++)
        {
            int mask = (1 << (6 * i)) - 1;
            if ((first & ~mask) == (last & ~mask))
            {
                continue;
            }

            if ((first & mask) != 0)
            {
                return [.. Split(first, first | mask, length), .. Split((first | mask) + 1, last, length)];
            }

            if ((last & mask) != mask)
            {
                return [.. Split(first, (last & ~mask) - 1, length), .. Split(last & ~mask, last, length)];
            }
        }

        byte[] low = Encode(first, length);
        byte[] high = Encode(last, length);
        return [[.. low.Zip(high)]];
    }

    private static byte[] Encode(int codePoint, int length)
    {
        byte[] bytes = new byte[length];
        for (int i = length - 1; i > 0; i--)
        {
            bytes[i] = (byte)(0x80 | (codePoint & 0x3F));
            codePoint >>= 6;
        }

        bytes[0] = (byte)(codePoint | (length switch { 1 => 0, 2 => 0xC0, 3 => 0xE0, _ => 0xF0 }));
        return bytes;
    }
}
