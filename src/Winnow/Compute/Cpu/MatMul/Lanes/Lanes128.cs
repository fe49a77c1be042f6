using System.Runtime.CompilerServices;
using System.Runtime.Intrinsics;
using System.Runtime.Intrinsics.Arm;
using System.Runtime.Intrinsics.X86;

namespace Winnow.Compute.Cpu.MatMul.Lanes;

/// <summary>Every processor, in 128 bits: lanes sum quants up as pairs of int16, as with AVX2.</summary>
internal readonly unsafe struct Lanes128 : ILanes<Vector128<int>>
{
    public static int Count => Vector128<int>.Count;

    public static Vector128<int> Zero => Vector128<int>.Zero;

    public static Vector128<int> Load(void* source) => Vector128.Load((int*)source);

    public static void Store(Vector128<int> value, float* target) => value.AsSingle().Store(target);

    public static Vector128<int> LoadWidened(sbyte* quants) =>
        Vector128.WidenLower(Vector128.CreateScalarUnsafe(*(long*)quants).AsSByte()).AsInt32();

    public static Vector128<int> Broadcast(void* lane) => Vector128.Create(*(int*)lane);

    public static Vector128<int> Halves(float* two) => Vector128.Create(two[0], two[0], two[1], two[1]).AsInt32();

    public static Vector128<int> Start(Vector128<int> pairs) => pairs;

    [MethodImpl(MethodImplOptions.AggressiveInlining)]
    public static Vector128<int> AddQuads(Vector128<int> quads, Vector128<int> quants, Vector128<int> activations) =>
        (quads.AsInt16() + BytePairs(quants.AsByte(), activations.AsSByte())).AsInt32();

    [MethodImpl(MethodImplOptions.AggressiveInlining)]
    public static Vector128<int> Sums(Vector128<int> quads) =>
        Sse2.IsSupported ? Sse2.MultiplyAddAdjacent(quads.AsInt16(), Vector128<short>.One)
        : AdvSimd.IsSupported ? AdvSimd.AddPairwiseWidening(quads.AsInt16())
        : ((quads << 16) >> 16) + (quads >> 16);

    public static Vector128<int> Scales(Vector128<int> pairs) => pairs;

    [MethodImpl(MethodImplOptions.AggressiveInlining)]
    public static Vector128<int> AddScaled(Vector128<int> sum, Vector128<int> quads, Vector128<int> scales) => AddPairs(sum, quads, scales);

    [MethodImpl(MethodImplOptions.AggressiveInlining)]
    public static Vector128<int> AddPairs(Vector128<int> sum, Vector128<int> a, Vector128<int> b)
    {
        if (Sse2.IsSupported)
        {
            return sum + Sse2.MultiplyAddAdjacent(a.AsInt16(), b.AsInt16());
        }

        if (AdvSimd.Arm64.IsSupported)
        {
            return sum + AdvSimd.Arm64.AddPairwise(
                AdvSimd.MultiplyWideningLower(a.AsInt16().GetLower(), b.AsInt16().GetLower()),
                AdvSimd.MultiplyWideningUpper(a.AsInt16(), b.AsInt16()));
        }

        return sum + (((a << 16) >> 16) * ((b << 16) >> 16)) + ((a >> 16) * (b >> 16));
    }

    public static Vector128<int> ToSingle(Vector128<int> integers) => Vector128.ConvertToSingle(integers).AsInt32();

    public static Vector128<int> Negate(Vector128<int> value) => (-value.AsSingle()).AsInt32();

    public static Vector128<int> Multiply(Vector128<int> a, Vector128<int> b) => (a.AsSingle() * b.AsSingle()).AsInt32();

    public static Vector128<int> Plus(Vector128<int> a, Vector128<int> b) => (a.AsSingle() + b.AsSingle()).AsInt32();

    public static float Total(Vector128<int> value) => Vector128.Sum(value.AsSingle());

    [MethodImpl(MethodImplOptions.AggressiveInlining)]
    public static Vector128<int> MultiplyAdd(Vector128<int> a, Vector128<int> b, Vector128<int> sum) =>
        Vector128.MultiplyAddEstimate(a.AsSingle(), b.AsSingle(), sum.AsSingle()).AsInt32();

    /// <summary>The products of neighbours, two of them in an int16.</summary>
    [MethodImpl(MethodImplOptions.AggressiveInlining)]
    private static Vector128<short> BytePairs(Vector128<byte> quants, Vector128<sbyte> activations)
    {
        if (Ssse3.IsSupported)
        {
            return Ssse3.MultiplyAddAdjacent(quants, activations);
        }

        if (AdvSimd.Arm64.IsSupported)
        {
            return AdvSimd.Arm64.AddPairwise(
                AdvSimd.MultiplyWideningLower(quants.AsSByte().GetLower(), activations.GetLower()),
                AdvSimd.MultiplyWideningUpper(quants.AsSByte(), activations));
        }

        Vector128<short> even = (quants.AsInt16() & Vector128.Create((short)0xFF)) * ((activations.AsInt16() << 8) >> 8);
        return even + ((quants.AsInt16() >> 8) * (activations.AsInt16() >> 8));
    }
}
