using System.Runtime.CompilerServices;
using System.Runtime.Intrinsics;
using System.Runtime.Intrinsics.X86;

namespace Winnow.Compute.Cpu.MatMul;

/// <summary>The types with a scale per 32 quants as <see cref="IBlock"/>. Need AVX2.</summary>
internal static unsafe class Blocks
{
    /// <summary>d, nibbles[16].</summary>
    public readonly struct Q4_0 : IBlock
    {
        public static int Bytes => 18;

        public static bool HasMinimum => false;

        public static int Bits => 4;

        [MethodImpl(MethodImplOptions.AggressiveInlining)]
        public static Vector256<byte> Quants(byte* block) => Nibbles(block + 2);

        [MethodImpl(MethodImplOptions.AggressiveInlining)]
        public static Vector512<byte> Quants64(byte* block) => Nibbles64(block, Bytes, 2);
    }

    /// <summary>d, m, nibbles[16].</summary>
    public readonly struct Q4_1 : IBlock
    {
        public static int Bytes => 20;

        public static bool HasMinimum => true;

        public static int Bits => 4;

        [MethodImpl(MethodImplOptions.AggressiveInlining)]
        public static Vector256<byte> Quants(byte* block) => Nibbles(block + 4);

        [MethodImpl(MethodImplOptions.AggressiveInlining)]
        public static Vector512<byte> Quants64(byte* block) => Nibbles64(block, Bytes, 4);
    }

    /// <summary>d, fifth bits[4], nibbles[16].</summary>
    public readonly struct Q5_0 : IBlock
    {
        public static int Bytes => 22;

        public static bool HasMinimum => false;

        public static int Bits => 5;

        [MethodImpl(MethodImplOptions.AggressiveInlining)]
        public static Vector256<byte> Quants(byte* block) => Nibbles(block + 6) | FifthBits(*(uint*)(block + 2));

        [MethodImpl(MethodImplOptions.AggressiveInlining)]
        public static Vector512<byte> Quants64(byte* block) => Nibbles64(block, Bytes, 6) | FifthBits64(*(uint*)(block + 2), *(uint*)(block + Bytes + 2));
    }

    /// <summary>d, m, fifth bits[4], nibbles[16].</summary>
    public readonly struct Q5_1 : IBlock
    {
        public static int Bytes => 24;

        public static bool HasMinimum => true;

        public static int Bits => 5;

        [MethodImpl(MethodImplOptions.AggressiveInlining)]
        public static Vector256<byte> Quants(byte* block) => Nibbles(block + 8) | FifthBits(*(uint*)(block + 4));

        [MethodImpl(MethodImplOptions.AggressiveInlining)]
        public static Vector512<byte> Quants64(byte* block) => Nibbles64(block, Bytes, 8) | FifthBits64(*(uint*)(block + 4), *(uint*)(block + Bytes + 4));
    }

    /// <summary>Quants 0 to 15 in the low nibbles, 16 to 31 in the high ones.</summary>
    [MethodImpl(MethodImplOptions.AggressiveInlining)]
    private static Vector256<byte> Nibbles(byte* packed)
    {
        Vector256<uint> both = Avx2.BroadcastVector128ToVector256(packed).AsUInt32();
        return Avx2.ShiftRightLogicalVariable(both, Vector256.Create(0u, 0, 0, 0, 4, 4, 4, 4)).AsByte() & Vector256.Create((byte)15);
    }

    /// <summary>The nibbles of two neighbouring blocks: those of each begin <paramref name="first"/> bytes into it.</summary>
    [MethodImpl(MethodImplOptions.AggressiveInlining)]
    private static Vector512<byte> Nibbles64(byte* block, int bytes, int first)
    {
        Vector512<uint> both = Vector512.Create(
            Avx2.BroadcastVector128ToVector256(block + first), Avx2.BroadcastVector128ToVector256(block + bytes + first)).AsUInt32();
        return Avx512F.ShiftRightLogicalVariable(both, Vector512.Create(0u, 0, 0, 0, 4, 4, 4, 4, 0, 0, 0, 0, 4, 4, 4, 4)).AsByte() & Vector512.Create((byte)15);
    }

    /// <summary>16 in each byte whose bit is set.</summary>
    [MethodImpl(MethodImplOptions.AggressiveInlining)]
    private static Vector512<byte> FifthBits64(uint first, uint second) => Vector512.Create(FifthBits(first), FifthBits(second));

    /// <summary>16 in each byte whose bit is set.</summary>
    [MethodImpl(MethodImplOptions.AggressiveInlining)]
    private static Vector256<byte> FifthBits(uint bits)
    {
        Vector256<byte> spread = Avx2.Shuffle(
            Vector256.Create(bits).AsByte(),
            Vector256.Create(0UL, 0x0101010101010101, 0x0202020202020202, 0x0303030303030303).AsByte());
        Vector256<byte> mask = Vector256.Create(0x8040201008040201UL).AsByte();
        return Avx2.CompareEqual(spread & mask, mask) & Vector256.Create((byte)16);
    }
}
