using System.Runtime.CompilerServices;
using System.Runtime.Intrinsics;
using System.Runtime.Intrinsics.X86;

namespace Winnow.Compute.Cpu.MatMul;

/// <summary>Rows of K-quants times one encoded activation row: the kernels of token generation. Need AVX2.</summary>
/// <remarks>
/// The unsigned quants are multiplied with the int8 activations by vpmaddubsw; the vpmaddwd that widens the sums multiplies with
/// the integer scales of the sub-blocks at once. At 256 bits these run ahead of memory, so there is no wider variant.
/// </remarks>
internal static unsafe class DotInt8Per256
{
    /// <summary>Q2_K: scales[16] (4-bit scale, 4-bit minimum), quants[64], d, dmin.</summary>
    public static void Q2_K(byte* row, long rowBytes, int rows, byte* activations, long stride, int inputs, float* output)
    {
        int blocks = inputs / 256;
        Vector256<byte> two = Vector256.Create((byte)3);
        for (int r = 0; r < rows; r++, row += rowBytes)
        {
            byte* block = row;
            byte* record = activations;
            Vector256<float> sum = Vector256<float>.Zero;
            Vector256<float> minima = Vector256<float>.Zero;
            for (int b = 0; b < blocks; b++, block += 84, record += stride)
            {
                Vector128<byte> packed = Vector128.Load(block);
                Vector128<byte> nibble = Vector128.Create((byte)15);
                Vector256<short> minimum = Avx2.ConvertToVector256Int16(Sse2.ShiftRightLogical(packed.AsUInt16(), 4).AsByte() & nibble);
                Vector256<byte> scales = SpreadScales((packed & nibble).AsSByte());
                Vector256<int> products = Vector256<int>.Zero;
                Vector256<ushort> q = Vector256.Load(block + 16).AsUInt16();
                products += Scaled(q.AsByte() & two, record, scales, Broadcast0);
                products += Scaled(Avx2.ShiftRightLogical(q, 2).AsByte() & two, record + 32, scales, Broadcast1);
                products += Scaled(Avx2.ShiftRightLogical(q, 4).AsByte() & two, record + 64, scales, Broadcast2);
                products += Scaled(Avx2.ShiftRightLogical(q, 6).AsByte() & two, record + 96, scales, Broadcast3);
                q = Vector256.Load(block + 48).AsUInt16();
                products += Scaled(q.AsByte() & two, record + 128, scales, Broadcast4);
                products += Scaled(Avx2.ShiftRightLogical(q, 2).AsByte() & two, record + 160, scales, Broadcast5);
                products += Scaled(Avx2.ShiftRightLogical(q, 4).AsByte() & two, record + 192, scales, Broadcast6);
                products += Scaled(Avx2.ShiftRightLogical(q, 6).AsByte() & two, record + 224, scales, Broadcast7);

                Vector128<float> d = Multipliers(block + 80, record);
                sum = Fma.MultiplyAdd(Avx.ConvertToVector256Single(products), Avx2.BroadcastScalarToVector256(d), sum);
                Vector256<int> offsets = Avx2.MultiplyAddAdjacent(minimum, Vector256.Load((short*)(record + Int8Per256Record.Sums16)));
                minima = Fma.MultiplyAdd(Avx.ConvertToVector256Single(offsets), Avx2.BroadcastScalarToVector256(Sse.Shuffle(d, d, 0b01_01_01_01)), minima);
            }

            output[r] = Vector256.Sum(sum - minima);
        }
    }

    /// <summary>Q3_K: high bits[32], low two bits[64], scales[12], d. Quants are 0 to 7, with an offset of 4.</summary>
    public static void Q3_K(byte* row, long rowBytes, int rows, byte* activations, long stride, int inputs, float* output)
    {
        int blocks = inputs / 256;
        Vector256<byte> two = Vector256.Create((byte)3);
        Vector256<byte> four = Vector256.Create((byte)4);
        for (int r = 0; r < rows; r++, row += rowBytes)
        {
            byte* block = row;
            byte* record = activations;
            Vector256<float> sum = Vector256<float>.Zero;
            for (int b = 0; b < blocks; b++, block += 110, record += stride)
            {
                Vector128<sbyte> scale = KQuantScales.Signed16(block + 96);
                Vector256<byte> scales = SpreadScales(scale);
                Vector256<int> products = Vector256<int>.Zero;

                // Bit j of the high bits belongs to the j-th 32 quants: moved to bit 2 of each byte.
                Vector256<ushort> high = Vector256.Load(block).AsUInt16();
                Vector256<ushort> q = Vector256.Load(block + 32).AsUInt16();
                byte* a = record;
                products += Scaled((q.AsByte() & two) | (Avx2.ShiftLeftLogical(high, 2).AsByte() & four), a, scales, Broadcast0);
                products += Scaled((Avx2.ShiftRightLogical(q, 2).AsByte() & two) | (Avx2.ShiftLeftLogical(high, 1).AsByte() & four), a + 32, scales, Broadcast1);
                products += Scaled((Avx2.ShiftRightLogical(q, 4).AsByte() & two) | (high.AsByte() & four), a + 64, scales, Broadcast2);
                products += Scaled((Avx2.ShiftRightLogical(q, 6).AsByte() & two) | (Avx2.ShiftRightLogical(high, 1).AsByte() & four), a + 96, scales, Broadcast3);
                q = Vector256.Load(block + 64).AsUInt16();
                a += 128;
                products += Scaled((q.AsByte() & two) | (Avx2.ShiftRightLogical(high, 2).AsByte() & four), a, scales, Broadcast4);
                products += Scaled((Avx2.ShiftRightLogical(q, 2).AsByte() & two) | (Avx2.ShiftRightLogical(high, 3).AsByte() & four), a + 32, scales, Broadcast5);
                products += Scaled((Avx2.ShiftRightLogical(q, 4).AsByte() & two) | (Avx2.ShiftRightLogical(high, 4).AsByte() & four), a + 64, scales, Broadcast6);
                products += Scaled((Avx2.ShiftRightLogical(q, 6).AsByte() & two) | (Avx2.ShiftRightLogical(high, 5).AsByte() & four), a + 96, scales, Broadcast7);

                Vector256<int> offsets = Avx2.MultiplyAddAdjacent(
                    Avx2.ConvertToVector256Int16(scale), Vector256.Load((short*)(record + Int8Per256Record.Sums16)));
                products -= Avx2.ShiftLeftLogical(offsets, 2);
                float d = HalfBits.ToSingle(*(ushort*)(block + 108)) * *(float*)(record + Int8Per256Record.Scale);
                sum = Fma.MultiplyAdd(Avx.ConvertToVector256Single(products), Vector256.Create(d), sum);
            }

            output[r] = Vector256.Sum(sum);
        }
    }

    /// <summary>Q4_K: d, dmin, scales and minima[12], quants[128].</summary>
    public static void Q4_K(byte* row, long rowBytes, int rows, byte* activations, long stride, int inputs, float* output)
    {
        int blocks = inputs / 256;
        Vector256<byte> nibble = Vector256.Create((byte)15);
        for (int r = 0; r < rows; r++, row += rowBytes)
        {
            byte* block = row;
            byte* record = activations;
            Vector256<float> sum = Vector256<float>.Zero;
            Vector128<float> minima = Vector128<float>.Zero;
            for (int b = 0; b < blocks; b++, block += 144, record += stride)
            {
                Vector256<short> wide = Avx2.ConvertToVector256Int16(KQuantScales.ScalesAndMinima(block + 4));
                Vector256<byte> scales = Avx2.Permute4x64(wide.AsInt64(), 0b01_00_01_00).AsByte();
                Vector128<int> offsets = Sse2.MultiplyAddAdjacent(wide.GetUpper(), Vector128.Load((short*)(record + Int8Per256Record.Sums32)));

                Vector256<byte> q = Vector256.Load(block + 16);
                Vector256<int> even = Scaled(q & nibble, record, scales, Broadcast0);
                Vector256<int> odd = Scaled(Avx2.ShiftRightLogical(q.AsUInt16(), 4).AsByte() & nibble, record + 32, scales, Broadcast1);
                q = Vector256.Load(block + 48);
                even += Scaled(q & nibble, record + 64, scales, Broadcast2);
                odd += Scaled(Avx2.ShiftRightLogical(q.AsUInt16(), 4).AsByte() & nibble, record + 96, scales, Broadcast3);
                q = Vector256.Load(block + 80);
                even += Scaled(q & nibble, record + 128, scales, Broadcast4);
                odd += Scaled(Avx2.ShiftRightLogical(q.AsUInt16(), 4).AsByte() & nibble, record + 160, scales, Broadcast5);
                q = Vector256.Load(block + 112);
                even += Scaled(q & nibble, record + 192, scales, Broadcast6);
                odd += Scaled(Avx2.ShiftRightLogical(q.AsUInt16(), 4).AsByte() & nibble, record + 224, scales, Broadcast7);

                Vector128<float> d = Multipliers(block, record);
                sum = Fma.MultiplyAdd(Avx.ConvertToVector256Single(even + odd), Avx2.BroadcastScalarToVector256(d), sum);
                minima = Fma.MultiplyAdd(Sse2.ConvertToVector128Single(offsets), Sse.Shuffle(d, d, 0b01_01_01_01), minima);
            }

            output[r] = Vector256.Sum(sum) - Vector128.Sum(minima);
        }
    }

    /// <summary>Q5_K: d, dmin, scales and minima[12], high bits[32], low four bits[128].</summary>
    public static void Q5_K(byte* row, long rowBytes, int rows, byte* activations, long stride, int inputs, float* output)
    {
        int blocks = inputs / 256;
        Vector256<byte> nibble = Vector256.Create((byte)15);
        Vector256<byte> sixteen = Vector256.Create((byte)16);
        for (int r = 0; r < rows; r++, row += rowBytes)
        {
            byte* block = row;
            byte* record = activations;
            Vector256<float> sum = Vector256<float>.Zero;
            Vector128<float> minima = Vector128<float>.Zero;
            for (int b = 0; b < blocks; b++, block += 176, record += stride)
            {
                Vector256<short> wide = Avx2.ConvertToVector256Int16(KQuantScales.ScalesAndMinima(block + 4));
                Vector256<byte> scales = Avx2.Permute4x64(wide.AsInt64(), 0b01_00_01_00).AsByte();
                Vector128<int> offsets = Sse2.MultiplyAddAdjacent(wide.GetUpper(), Vector128.Load((short*)(record + Int8Per256Record.Sums32)));

                // Bit j of the high bits belongs to the j-th 32 quants: moved to bit 4 of each byte.
                Vector256<ushort> high = Vector256.Load(block + 16).AsUInt16();
                Vector256<byte> q = Vector256.Load(block + 48);
                Vector256<int> even = Scaled((q & nibble) | (Avx2.ShiftLeftLogical(high, 4).AsByte() & sixteen), record, scales, Broadcast0);
                Vector256<int> odd = Scaled(
                    (Avx2.ShiftRightLogical(q.AsUInt16(), 4).AsByte() & nibble) | (Avx2.ShiftLeftLogical(high, 3).AsByte() & sixteen), record + 32, scales, Broadcast1);
                q = Vector256.Load(block + 80);
                even += Scaled((q & nibble) | (Avx2.ShiftLeftLogical(high, 2).AsByte() & sixteen), record + 64, scales, Broadcast2);
                odd += Scaled(
                    (Avx2.ShiftRightLogical(q.AsUInt16(), 4).AsByte() & nibble) | (Avx2.ShiftLeftLogical(high, 1).AsByte() & sixteen), record + 96, scales, Broadcast3);
                q = Vector256.Load(block + 112);
                even += Scaled((q & nibble) | (high.AsByte() & sixteen), record + 128, scales, Broadcast4);
                odd += Scaled(
                    (Avx2.ShiftRightLogical(q.AsUInt16(), 4).AsByte() & nibble) | (Avx2.ShiftRightLogical(high, 1).AsByte() & sixteen), record + 160, scales, Broadcast5);
                q = Vector256.Load(block + 144);
                even += Scaled((q & nibble) | (Avx2.ShiftRightLogical(high, 2).AsByte() & sixteen), record + 192, scales, Broadcast6);
                odd += Scaled(
                    (Avx2.ShiftRightLogical(q.AsUInt16(), 4).AsByte() & nibble) | (Avx2.ShiftRightLogical(high, 3).AsByte() & sixteen), record + 224, scales, Broadcast7);

                Vector128<float> d = Multipliers(block, record);
                sum = Fma.MultiplyAdd(Avx.ConvertToVector256Single(even + odd), Avx2.BroadcastScalarToVector256(d), sum);
                minima = Fma.MultiplyAdd(Sse2.ConvertToVector128Single(offsets), Sse.Shuffle(d, d, 0b01_01_01_01), minima);
            }

            output[r] = Vector256.Sum(sum) - Vector128.Sum(minima);
        }
    }

    /// <summary>Q6_K: low four bits[128], high two bits[64], scales[16], d. Quants are 0 to 63, with an offset of 32.</summary>
    public static void Q6_K(byte* row, long rowBytes, int rows, byte* activations, long stride, int inputs, float* output)
    {
        int blocks = inputs / 256;
        Vector256<byte> nibble = Vector256.Create((byte)15);
        Vector256<byte> high2 = Vector256.Create((byte)0x30);
        for (int r = 0; r < rows; r++, row += rowBytes)
        {
            byte* block = row;
            byte* record = activations;
            Vector256<float> sum = Vector256<float>.Zero;
            for (int b = 0; b < blocks; b++, block += 210, record += stride)
            {
                Vector128<sbyte> scale = Vector128.Load((sbyte*)block + 192);
                Vector256<byte> scales = SpreadScales(scale);

                Vector256<byte> low0 = Vector256.Load(block);
                Vector256<byte> low1 = Vector256.Load(block + 32);
                Vector256<ushort> high = Vector256.Load(block + 128).AsUInt16();
                Vector256<int> even = Scaled((low0 & nibble) | (Avx2.ShiftLeftLogical(high, 4).AsByte() & high2), record, scales, Broadcast0);
                Vector256<int> odd = Scaled((low1 & nibble) | (Avx2.ShiftLeftLogical(high, 2).AsByte() & high2), record + 32, scales, Broadcast1);
                even += Scaled((Avx2.ShiftRightLogical(low0.AsUInt16(), 4).AsByte() & nibble) | (high.AsByte() & high2), record + 64, scales, Broadcast2);
                odd += Scaled(
                    (Avx2.ShiftRightLogical(low1.AsUInt16(), 4).AsByte() & nibble) | (Avx2.ShiftRightLogical(high, 2).AsByte() & high2), record + 96, scales, Broadcast3);
                low0 = Vector256.Load(block + 64);
                low1 = Vector256.Load(block + 96);
                high = Vector256.Load(block + 160).AsUInt16();
                even += Scaled((low0 & nibble) | (Avx2.ShiftLeftLogical(high, 4).AsByte() & high2), record + 128, scales, Broadcast4);
                odd += Scaled((low1 & nibble) | (Avx2.ShiftLeftLogical(high, 2).AsByte() & high2), record + 160, scales, Broadcast5);
                even += Scaled((Avx2.ShiftRightLogical(low0.AsUInt16(), 4).AsByte() & nibble) | (high.AsByte() & high2), record + 192, scales, Broadcast6);
                odd += Scaled(
                    (Avx2.ShiftRightLogical(low1.AsUInt16(), 4).AsByte() & nibble) | (Avx2.ShiftRightLogical(high, 2).AsByte() & high2), record + 224, scales, Broadcast7);

                Vector256<int> offsets = Avx2.MultiplyAddAdjacent(
                    Avx2.ConvertToVector256Int16(scale), Vector256.Load((short*)(record + Int8Per256Record.Sums16)));
                Vector256<int> products = even + odd - Avx2.ShiftLeftLogical(offsets, 5);
                float d = HalfBits.ToSingle(*(ushort*)(block + 208)) * *(float*)(record + Int8Per256Record.Scale);
                sum = Fma.MultiplyAdd(Avx.ConvertToVector256Single(products), Vector256.Create(d), sum);
            }

            output[r] = Vector256.Sum(sum);
        }
    }

    /// <summary>What a byte shuffle needs to fill a half with its int16 number 0, 1, …</summary>
    private static Vector256<byte> Broadcast0 => Vector256.Create((ushort)0x0100).AsByte();

    private static Vector256<byte> Broadcast1 => Vector256.Create((ushort)0x0302).AsByte();

    private static Vector256<byte> Broadcast2 => Vector256.Create((ushort)0x0504).AsByte();

    private static Vector256<byte> Broadcast3 => Vector256.Create((ushort)0x0706).AsByte();

    private static Vector256<byte> Broadcast4 => Vector256.Create((ushort)0x0908).AsByte();

    private static Vector256<byte> Broadcast5 => Vector256.Create((ushort)0x0B0A).AsByte();

    private static Vector256<byte> Broadcast6 => Vector256.Create((ushort)0x0D0C).AsByte();

    private static Vector256<byte> Broadcast7 => Vector256.Create((ushort)0x0F0E).AsByte();

    /// <summary>32 products, summed by fours, times the scale that <paramref name="order"/> picks in each half.</summary>
    [MethodImpl(MethodImplOptions.AggressiveInlining)]
    private static Vector256<int> Scaled(Vector256<byte> quants, byte* activations, Vector256<byte> scales, Vector256<byte> order) =>
        Avx2.MultiplyAddAdjacent(
            Avx2.MultiplyAddAdjacent(quants, Vector256.Load((sbyte*)activations)), Avx2.Shuffle(scales, order).AsInt16());

    /// <summary>Sixteen scales as int16: those of even sub-blocks in the lower half, those of odd ones in the upper.</summary>
    [MethodImpl(MethodImplOptions.AggressiveInlining)]
    private static Vector256<byte> SpreadScales(Vector128<sbyte> scales) =>
        Avx2.ConvertToVector256Int16(
            Ssse3.Shuffle(scales, Vector128.Create((sbyte)0, 2, 4, 6, 8, 10, 12, 14, 1, 3, 5, 7, 9, 11, 13, 15))).AsByte();

    /// <summary>d and dmin, two f16 at <paramref name="block"/>, times the record's scale.</summary>
    [MethodImpl(MethodImplOptions.AggressiveInlining)]
    private static Vector128<float> Multipliers(byte* block, byte* record) =>
        HalfBits.ToSingle4(Vector128.CreateScalarUnsafe(*(int*)block).AsInt16())
        * Vector128.Create(*(float*)(record + Int8Per256Record.Scale));
}
