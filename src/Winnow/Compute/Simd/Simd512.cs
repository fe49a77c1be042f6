using System.Runtime.Intrinsics;
using System.Runtime.Intrinsics.X86;

namespace Winnow.Compute.Simd;

/// <summary>AVX-512.</summary>
internal readonly unsafe struct Simd512 : ISimd<Vector512<float>>
{
    public static int Width => Vector512<float>.Count;

    public static bool HasManyRegisters => true;

    public static void Prefetch(byte* address) => Sse.Prefetch1(address);

    public static Vector512<float> Zero => Vector512<float>.Zero;

    public static Vector512<float> Load(float* source) => Vector512.Load(source);

    public static void Store(Vector512<float> value, float* target) => value.Store(target);

    public static Vector512<float> Load(ReadOnlySpan<float> source) => Vector512.Create(source);

    public static void Store(Vector512<float> value, Span<float> target) => value.CopyTo(target);

    public static Vector512<float> Broadcast(float value) => Vector512.Create(value);

    public static Vector512<float> Add(Vector512<float> a, Vector512<float> b) => a + b;

    public static Vector512<float> Subtract(Vector512<float> a, Vector512<float> b) => a - b;

    public static Vector512<float> Multiply(Vector512<float> a, Vector512<float> b) => a * b;

    public static Vector512<float> Divide(Vector512<float> a, Vector512<float> b) => a / b;

    public static Vector512<float> Max(Vector512<float> a, Vector512<float> b) => Vector512.MaxNative(a, b);

    public static Vector512<float> Min(Vector512<float> a, Vector512<float> b) => Vector512.MinNative(a, b);

    public static Vector512<float> Abs(Vector512<float> a) => Vector512.Abs(a);

    public static Vector512<float> MultiplyAdd(Vector512<float> a, Vector512<float> b, Vector512<float> c) => Avx512F.FusedMultiplyAdd(a, b, c);

    public static Vector512<float> FusedMultiplyAdd(Vector512<float> a, Vector512<float> b, Vector512<float> c) =>
        Avx512F.FusedMultiplyAdd(a, b, c);

    public static Vector512<float> WhereLess(Vector512<float> a, Vector512<float> b, Vector512<float> x, Vector512<float> y) =>
        Vector512.ConditionalSelect(Vector512.LessThan(a, b), x, y);

    public static Vector512<float> AddToExponent(Vector512<float> value, Vector512<float> power) =>
        (value.AsInt32() + (power.AsInt32() << 23)).AsSingle();

    public static Vector512<float> Or(Vector512<float> a, Vector512<float> b) => a | b;

    public static Vector512<float> Xor(Vector512<float> a, Vector512<float> b) => a ^ b;

    public static Vector512<float> SpreadSign(Vector512<float> value) => (value.AsInt32() >> 31).AsSingle();

    public static bool AnyLess(Vector512<float> a, Vector512<float> b) => Vector512.LessThanAny(a, b);

    public static bool AnyAtLeast(Vector512<float> a, Vector512<float> b) => Vector512.GreaterThanOrEqualAny(a, b);

    public static bool AnyAtLeastUnsigned(Vector512<float> a, Vector512<float> b) =>
        Vector512.GreaterThanOrEqualAny(a.AsUInt32(), b.AsUInt32());

    public static bool AllLessSigned(Vector512<float> a, Vector512<float> b) => Vector512.LessThanAll(a.AsInt32(), b.AsInt32());

    public static Vector512<float> CountLess(Vector512<float> counts, Vector512<float> a, Vector512<float> b) =>
        (counts.AsInt32() - Vector512.LessThan(a, b).AsInt32()).AsSingle();

    public static Vector512<float> CountAtLeastUnsigned(Vector512<float> counts, Vector512<float> a, Vector512<float> b) =>
        (counts.AsUInt32() - Vector512.GreaterThanOrEqual(a.AsUInt32(), b.AsUInt32())).AsSingle();

    public static int SumIntegers(Vector512<float> counts) => Vector512.Sum(counts.AsInt32());

    public static Vector512<float> AddDoubles(Vector512<float> sums, Vector512<float> values) =>
        (sums.AsDouble() + (Vector512.WidenLower(values) + Vector512.WidenUpper(values))).AsSingle();

    public static Vector512<float> AddSquares(Vector512<float> sums, Vector512<float> values)
    {
        Vector512<double> low = Vector512.WidenLower(values);
        Vector512<double> high = Vector512.WidenUpper(values);
        return (sums.AsDouble() + ((low * low) + (high * high))).AsSingle();
    }

    public static double SumDoubles(Vector512<float> sums) => Vector512.Sum(sums.AsDouble());

    public static Vector512<float> LoadHalfBits(ushort* source) =>
        ((Avx512F.ConvertToVector512Int32(Vector256.Load((short*)source)) << 13) & Vector512.Create(unchecked((int)0x8FFF_E000))).AsSingle();

    public static Vector512<float> LoadUpperHalves(ushort* source) =>
        (Avx512F.ConvertToVector512Int32(Vector256.Load(source)) << 16).AsSingle();

    public static Vector512<float> LoadNibbles(byte* source, int shift) => Vector512.ConvertToSingle(
        ((Avx512F.ConvertToVector512Int32(Vector128.Load(source)) >> shift) & Vector512.Create(15)) - Vector512.Create(8));

    public static Vector512<float> LoadBytes(sbyte* source) => Vector512.ConvertToSingle(Avx512F.ConvertToVector512Int32(Vector128.Load(source)));

    public static Vector512<float> SwapPairs(Vector512<float> value) => Avx512F.Permute4x32(value, 0b10_11_00_01);

    public static Vector128<float> Sums(Vector512<float> a, Vector512<float> b, Vector512<float> c, Vector512<float> d)
    {
        Vector512<float> ab = Avx512F.UnpackLow(a, b) + Avx512F.UnpackHigh(a, b);
        Vector512<float> cd = Avx512F.UnpackLow(c, d) + Avx512F.UnpackHigh(c, d);
        return FoldSum(Avx512F.Shuffle(ab, cd, 0b01_00_01_00) + Avx512F.Shuffle(ab, cd, 0b11_10_11_10));
    }

    public static Vector128<float> FoldSum(Vector512<float> value)
    {
        Vector256<float> half = value.GetLower() + value.GetUpper();
        return half.GetLower() + half.GetUpper();
    }

    public static Vector128<float> FoldMax(Vector512<float> value)
    {
        Vector256<float> half = Vector256.MaxNative(value.GetLower(), value.GetUpper());
        return Vector128.MaxNative(half.GetLower(), half.GetUpper());
    }
}
