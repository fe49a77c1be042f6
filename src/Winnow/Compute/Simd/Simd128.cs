using System.Runtime.Intrinsics;
using System.Runtime.Intrinsics.Arm;
using System.Runtime.Intrinsics.X86;

namespace Winnow.Compute.Simd;

/// <summary>Every processor: 128-bit vectors of whatever kind the runtime has.</summary>
internal readonly unsafe struct Simd128 : ISimd<Vector128<float>>
{
    public static int Width => Vector128<float>.Count;

    public static bool HasManyRegisters => AdvSimd.Arm64.IsSupported;

    public static void Prefetch(byte* address)
    {
        // .NET offers no such hint on other processors.
        if (Sse.IsSupported)
        {
            Sse.Prefetch1(address);
        }
    }

    public static Vector128<float> Zero => Vector128<float>.Zero;

    public static Vector128<float> Load(float* source) => Vector128.Load(source);

    public static void Store(Vector128<float> value, float* target) => value.Store(target);

    public static Vector128<float> Load(ReadOnlySpan<float> source) => Vector128.Create(source);

    public static void Store(Vector128<float> value, Span<float> target) => value.CopyTo(target);

    public static Vector128<float> Broadcast(float value) => Vector128.Create(value);

    public static Vector128<float> Add(Vector128<float> a, Vector128<float> b) => a + b;

    public static Vector128<float> Subtract(Vector128<float> a, Vector128<float> b) => a - b;

    public static Vector128<float> Multiply(Vector128<float> a, Vector128<float> b) => a * b;

    public static Vector128<float> Divide(Vector128<float> a, Vector128<float> b) => a / b;

    public static Vector128<float> Max(Vector128<float> a, Vector128<float> b) => Vector128.MaxNative(a, b);

    public static Vector128<float> Min(Vector128<float> a, Vector128<float> b) => Vector128.MinNative(a, b);

    public static Vector128<float> Abs(Vector128<float> a) => Vector128.Abs(a);

    public static Vector128<float> MultiplyAdd(Vector128<float> a, Vector128<float> b, Vector128<float> c) => Vector128.MultiplyAddEstimate(a, b, c);

    public static Vector128<float> FusedMultiplyAdd(Vector128<float> a, Vector128<float> b, Vector128<float> c) =>
        Fma.IsSupported || AdvSimd.IsSupported
            ? Vector128.FusedMultiplyAdd(a, b, c)
            : Vector128.Create(
                MathF.FusedMultiplyAdd(a[0], b[0], c[0]),
                MathF.FusedMultiplyAdd(a[1], b[1], c[1]),
                MathF.FusedMultiplyAdd(a[2], b[2], c[2]),
                MathF.FusedMultiplyAdd(a[3], b[3], c[3]));

    public static Vector128<float> WhereLess(Vector128<float> a, Vector128<float> b, Vector128<float> x, Vector128<float> y) =>
        Vector128.ConditionalSelect(Vector128.LessThan(a, b), x, y);

    public static Vector128<float> AddToExponent(Vector128<float> value, Vector128<float> power) =>
        (value.AsInt32() + (power.AsInt32() << 23)).AsSingle();

    public static Vector128<float> Or(Vector128<float> a, Vector128<float> b) => a | b;

    public static Vector128<float> Xor(Vector128<float> a, Vector128<float> b) => a ^ b;

    public static Vector128<float> SpreadSign(Vector128<float> value) => (value.AsInt32() >> 31).AsSingle();

    public static bool AnyLess(Vector128<float> a, Vector128<float> b) => Vector128.LessThanAny(a, b);

    public static bool AnyAtLeast(Vector128<float> a, Vector128<float> b) => Vector128.GreaterThanOrEqualAny(a, b);

    public static bool AnyAtLeastUnsigned(Vector128<float> a, Vector128<float> b) =>
        Vector128.GreaterThanOrEqualAny(a.AsUInt32(), b.AsUInt32());

    public static bool AllLessSigned(Vector128<float> a, Vector128<float> b) => Vector128.LessThanAll(a.AsInt32(), b.AsInt32());

    public static Vector128<float> CountLess(Vector128<float> counts, Vector128<float> a, Vector128<float> b) =>
        (counts.AsInt32() - Vector128.LessThan(a, b).AsInt32()).AsSingle();

    public static Vector128<float> CountAtLeastUnsigned(Vector128<float> counts, Vector128<float> a, Vector128<float> b) =>
        (counts.AsUInt32() - Vector128.GreaterThanOrEqual(a.AsUInt32(), b.AsUInt32())).AsSingle();

    public static int SumIntegers(Vector128<float> counts) => Vector128.Sum(counts.AsInt32());

    public static Vector128<float> AddDoubles(Vector128<float> sums, Vector128<float> values) =>
        (sums.AsDouble() + (Vector128.WidenLower(values) + Vector128.WidenUpper(values))).AsSingle();

    public static Vector128<float> AddSquares(Vector128<float> sums, Vector128<float> values)
    {
        Vector128<double> low = Vector128.WidenLower(values);
        Vector128<double> high = Vector128.WidenUpper(values);
        return (sums.AsDouble() + ((low * low) + (high * high))).AsSingle();
    }

    public static double SumDoubles(Vector128<float> sums) => Vector128.Sum(sums.AsDouble());

    public static Vector128<float> LoadHalfBits(ushort* source) =>
        ((Vector128.WidenLower(Vector128.CreateScalarUnsafe(*(long*)source).AsInt16()) << 13) & Vector128.Create(unchecked((int)0x8FFF_E000))).AsSingle();

    public static Vector128<float> LoadUpperHalves(ushort* source) =>
        (Vector128.WidenLower(Vector128.CreateScalarUnsafe(*(long*)source).AsUInt16()) << 16).AsSingle();

    public static Vector128<float> LoadNibbles(byte* source, int shift) => Vector128.ConvertToSingle(
        ((Vector128.WidenLower(Vector128.WidenLower(Vector128.CreateScalarUnsafe(*(int*)source).AsByte())) >> shift) & Vector128.Create(15u)).AsInt32()
            - Vector128.Create(8));

    public static Vector128<float> LoadBytes(sbyte* source) => Vector128.ConvertToSingle(Vector128.WidenLower(Vector128.WidenLower(Vector128.CreateScalarUnsafe(*(int*)source).AsSByte())));

    public static Vector128<float> SwapPairs(Vector128<float> value) => Vector128.Shuffle(value, Vector128.Create(1, 0, 3, 2));

    public static Vector128<float> Sums(Vector128<float> a, Vector128<float> b, Vector128<float> c, Vector128<float> d)
    {
        Vector128<float> ab = Interleave.Low(a, b) + Interleave.High(a, b);
        Vector128<float> cd = Interleave.Low(c, d) + Interleave.High(c, d);
        return Interleave.LowHalves(ab, cd) + Interleave.HighHalves(ab, cd);
    }

    public static Vector128<float> FoldSum(Vector128<float> value) => value;

    public static Vector128<float> FoldMax(Vector128<float> value) => value;
}
