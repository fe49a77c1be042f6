using System.Runtime.Intrinsics;
using System.Runtime.Intrinsics.X86;

namespace Winnow.Compute.Simd;

/// <summary>AVX2 and FMA.</summary>
internal readonly unsafe struct Simd256 : ISimd<Vector256<float>>
{
    public static int Width => Vector256<float>.Count;

    public static bool HasManyRegisters => false;

    public static void Prefetch(byte* address) => Sse.Prefetch1(address);

    public static Vector256<float> Zero => Vector256<float>.Zero;

    public static Vector256<float> Load(float* source) => Vector256.Load(source);

    public static void Store(Vector256<float> value, float* target) => value.Store(target);

    public static Vector256<float> Load(ReadOnlySpan<float> source) => Vector256.Create(source);

    public static void Store(Vector256<float> value, Span<float> target) => value.CopyTo(target);

    public static Vector256<float> Broadcast(float value) => Vector256.Create(value);

    public static Vector256<float> Add(Vector256<float> a, Vector256<float> b) => a + b;

    public static Vector256<float> Subtract(Vector256<float> a, Vector256<float> b) => a - b;

    public static Vector256<float> Multiply(Vector256<float> a, Vector256<float> b) => a * b;

    public static Vector256<float> Divide(Vector256<float> a, Vector256<float> b) => a / b;

    public static Vector256<float> Max(Vector256<float> a, Vector256<float> b) => Vector256.MaxNative(a, b);

    public static Vector256<float> Min(Vector256<float> a, Vector256<float> b) => Vector256.MinNative(a, b);

    public static Vector256<float> Abs(Vector256<float> a) => Vector256.Abs(a);

    public static Vector256<float> MultiplyAdd(Vector256<float> a, Vector256<float> b, Vector256<float> c) => Fma.MultiplyAdd(a, b, c);

    public static Vector256<float> FusedMultiplyAdd(Vector256<float> a, Vector256<float> b, Vector256<float> c) =>
        Fma.MultiplyAdd(a, b, c);

    public static Vector256<float> WhereLess(Vector256<float> a, Vector256<float> b, Vector256<float> x, Vector256<float> y) =>
        Vector256.ConditionalSelect(Vector256.LessThan(a, b), x, y);

    public static Vector256<float> AddToExponent(Vector256<float> value, Vector256<float> power) =>
        (value.AsInt32() + (power.AsInt32() << 23)).AsSingle();

    public static Vector256<float> Or(Vector256<float> a, Vector256<float> b) => a | b;

    public static Vector256<float> Xor(Vector256<float> a, Vector256<float> b) => a ^ b;

    public static Vector256<float> SpreadSign(Vector256<float> value) => (value.AsInt32() >> 31).AsSingle();

    public static bool AnyLess(Vector256<float> a, Vector256<float> b) => Vector256.LessThanAny(a, b);

    public static bool AnyAtLeast(Vector256<float> a, Vector256<float> b) => Vector256.GreaterThanOrEqualAny(a, b);

    public static bool AnyAtLeastUnsigned(Vector256<float> a, Vector256<float> b) =>
        Vector256.GreaterThanOrEqualAny(a.AsUInt32(), b.AsUInt32());

    public static bool AllLessSigned(Vector256<float> a, Vector256<float> b) => Vector256.LessThanAll(a.AsInt32(), b.AsInt32());

    public static Vector256<float> CountLess(Vector256<float> counts, Vector256<float> a, Vector256<float> b) =>
        (counts.AsInt32() - Vector256.LessThan(a, b).AsInt32()).AsSingle();

    public static Vector256<float> CountAtLeastUnsigned(Vector256<float> counts, Vector256<float> a, Vector256<float> b) =>
        (counts.AsUInt32() - Vector256.GreaterThanOrEqual(a.AsUInt32(), b.AsUInt32())).AsSingle();

    public static int SumIntegers(Vector256<float> counts) => Vector256.Sum(counts.AsInt32());

    public static Vector256<float> AddDoubles(Vector256<float> sums, Vector256<float> values) =>
        (sums.AsDouble() + (Vector256.WidenLower(values) + Vector256.WidenUpper(values))).AsSingle();

    public static Vector256<float> AddSquares(Vector256<float> sums, Vector256<float> values)
    {
        Vector256<double> low = Vector256.WidenLower(values);
        Vector256<double> high = Vector256.WidenUpper(values);
        return (sums.AsDouble() + ((low * low) + (high * high))).AsSingle();
    }

    public static double SumDoubles(Vector256<float> sums) => Vector256.Sum(sums.AsDouble());

    public static Vector256<float> LoadHalfBits(ushort* source) =>
        ((Avx2.ConvertToVector256Int32((short*)source) << 13) & Vector256.Create(unchecked((int)0x8FFF_E000))).AsSingle();

    public static Vector256<float> LoadUpperHalves(ushort* source) => (Avx2.ConvertToVector256Int32(source) << 16).AsSingle();

    public static Vector256<float> LoadNibbles(byte* source, int shift) => Vector256.ConvertToSingle(
        ((Avx2.ConvertToVector256Int32(source) >> shift) & Vector256.Create(15)) - Vector256.Create(8));

    public static Vector256<float> LoadBytes(sbyte* source) => Vector256.ConvertToSingle(Avx2.ConvertToVector256Int32(source));

    public static Vector256<float> SwapPairs(Vector256<float> value) => Avx.Permute(value, 0b10_11_00_01);

    public static Vector128<float> Sums(Vector256<float> a, Vector256<float> b, Vector256<float> c, Vector256<float> d)
    {
        Vector256<float> ab = Avx.UnpackLow(a, b) + Avx.UnpackHigh(a, b);
        Vector256<float> cd = Avx.UnpackLow(c, d) + Avx.UnpackHigh(c, d);
        return FoldSum(Avx.Shuffle(ab, cd, 0b01_00_01_00) + Avx.Shuffle(ab, cd, 0b11_10_11_10));
    }

    public static Vector128<float> FoldSum(Vector256<float> value) => value.GetLower() + value.GetUpper();

    public static Vector128<float> FoldMax(Vector256<float> value) =>
        Vector128.MaxNative(value.GetLower(), value.GetUpper());
}
