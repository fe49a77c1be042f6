using System.Buffers.Binary;
using Winnow.Fuzz.Running;

namespace Winnow.Fuzz.Mutation;

/// <summary>Changes that know nothing of a format: flipped bits, numbers that are too large, parts lost, repeated and moved.</summary>
internal static class ByteMutation
{
    private static readonly long[] Numbers =
    [
        0, 1, -1, 2, 7, 8, 127, 128, 255, 256, short.MaxValue, ushort.MaxValue, 65536, int.MaxValue, int.MinValue, uint.MaxValue, 1L << 32, 1L << 40,
        1L << 61, long.MaxValue, long.MinValue, long.MaxValue - 7,
    ];

    /// <summary>A number that programs get wrong, or a random one.</summary>
    public static long Number(InputRandom random) => random.OneIn(4) ? (long)random.NextUInt64() >> random.Next(64) : random.Pick(Numbers);

    /// <summary>Changes some places.</summary>
    public static byte[] Mutate(byte[] bytes, InputRandom random)
    {
        byte[] changed = [.. bytes];
        for (int i = random.Few(5); i > 0 && changed.Length > 0; i--)
        {
            changed = Once(changed, random);
        }

        return changed;
    }

    /// <summary>Puts a number over some bytes.</summary>
    public static void PutNumber(Span<byte> bytes, InputRandom random)
    {
        Span<byte> number = stackalloc byte[sizeof(long)];
        BinaryPrimitives.WriteInt64LittleEndian(number, Number(random));
        int length = Math.Min(1 << random.Next(4), bytes.Length);
        number[..length].CopyTo(bytes[random.Next(bytes.Length - length + 1)..]);
    }

    private static byte[] Once(byte[] bytes, InputRandom random)
    {
        int at = random.Next(bytes.Length);
        int length = random.Next(1, 1 + Math.Min(64, bytes.Length - at));
        switch (random.Next(7))
        {
            case 0:
                return bytes[..at];
            case 1:
                return [.. bytes[..at], .. bytes[(at + length)..]];
            case 2:
                return [.. bytes[..at], .. bytes.AsSpan(random.Next(bytes.Length - length + 1), length), .. bytes[at..]];
            case 3:
                PutNumber(bytes.AsSpan(at), random);
                return bytes;
            case 4:
                bytes[at] = (byte)random.NextUInt64();
                return bytes;
            default:
                bytes[at] ^= (byte)(1 << random.Next(8));
                return bytes;
        }
    }
}
