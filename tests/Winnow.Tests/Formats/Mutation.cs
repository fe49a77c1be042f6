using System.Buffers.Binary;
using System.Text;

namespace Winnow.Tests.Formats;

/// <summary>Damage to a file: flipped bits, truncations, huge numbers, bytes lost, repeated and overwritten.</summary>
internal static class Mutation
{
    /// <summary>A damaged copy.</summary>
    /// <param name="whole">The good file.</param>
    /// <param name="headerBytes">Damage falls on this many leading bytes.</param>
    /// <param name="random">What decides on the damage.</param>
    public static byte[] Of(byte[] whole, int headerBytes, Random random)
    {
        byte[] bytes = (byte[])whole.Clone();
        int changes = random.Next(2) == 0 ? 1 : random.Next(2, 6);
        for (int i = 0; i < changes && bytes.Length > 16; i++)
        {
            int limit = Math.Min(headerBytes, bytes.Length);
            int at = random.Next(limit);
            int length = random.Next(1, 1 + Math.Min(64, bytes.Length - at));
            bytes = random.Next(8) switch
            {
                0 or 1 => FlipBits(bytes, limit, random),
                2 => bytes[..random.Next(bytes.Length)],
                3 or 4 => PutHugeNumber(bytes, at, random),
                5 => [.. bytes[..at], .. bytes[(at + length)..]],
                6 => [.. bytes[..at], .. bytes.AsSpan(random.Next(bytes.Length - length + 1), length), .. bytes[at..]],
                _ => Overwrite(bytes, at, bytes[random.Next(bytes.Length)]),
            };
        }

        return bytes.Length > 0 ? bytes : [0];
    }

    private static byte[] FlipBits(byte[] bytes, int limit, Random random)
    {
        for (int i = random.Next(1, 9); i > 0; i--)
        {
            bytes[random.Next(limit)] ^= (byte)(1 << random.Next(8));
        }

        return bytes;
    }

    /// <summary>A count, length or offset far too large: binary at any place, or as the digits of a number in a text.</summary>
    private static byte[] PutHugeNumber(byte[] bytes, int at, Random random)
    {
        ulong[] numbers =
        [
            ulong.MaxValue, 1ul << 63, long.MaxValue, 1ul << 61, 1ul << 40, uint.MaxValue, 1ul << 31, int.MaxValue, 0, (ulong)bytes.Length,
        ];
        ulong number = numbers[random.Next(numbers.Length)];
        int digit = bytes.AsSpan(at).IndexOfAnyInRange((byte)'0', (byte)'9');
        if (digit >= 0 && random.Next(2) == 0)
        {
            return [.. bytes[..(at + digit)], .. Encoding.ASCII.GetBytes(number.ToString()), .. bytes[(at + digit + 1)..]];
        }

        if (bytes.Length - at >= 8)
        {
            BinaryPrimitives.WriteUInt64LittleEndian(bytes.AsSpan(at), number);
        }

        return bytes;
    }

    private static byte[] Overwrite(byte[] bytes, int at, byte value)
    {
        bytes[at] = value;
        return bytes;
    }
}
