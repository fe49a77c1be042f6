using System.Runtime.CompilerServices;
using System.Runtime.Intrinsics;
using System.Runtime.Intrinsics.X86;

namespace Winnow.Compute.Cpu.MatMul.Lanes;

/// <summary>AVX2 and FMA: lanes sum quants up as pairs of int16, and the vpmaddwd that widens them multiplies with their scales at no cost.</summary>
internal readonly unsafe struct Lanes256 : ILanes<Vector256<int>>
{
    public static int Count => Vector256<int>.Count;

    public static Vector256<int> Zero => Vector256<int>.Zero;

    public static Vector256<int> Load(void* source) => Vector256.Load((int*)source);

    public static void Store(Vector256<int> value, float* target) => value.AsSingle().Store(target);

    public static Vector256<int> LoadWidened(sbyte* quants) => Avx2.ConvertToVector256Int16(quants).AsInt32();

    public static Vector256<int> Broadcast(void* lane) => Vector256.Create(*(int*)lane);

    public static Vector256<int> Halves(float* two) => Vector256.Create(Vector128.Create(two[0]), Vector128.Create(two[1])).AsInt32();

    public static Vector256<int> Start(Vector256<int> pairs) => pairs;

    [MethodImpl(MethodImplOptions.AggressiveInlining)]
    public static Vector256<int> AddQuads(Vector256<int> quads, Vector256<int> quants, Vector256<int> activations) =>
        (quads.AsInt16() + Avx2.MultiplyAddAdjacent(quants.AsByte(), activations.AsSByte())).AsInt32();

    public static Vector256<int> Sums(Vector256<int> quads) => Avx2.MultiplyAddAdjacent(quads.AsInt16(), Vector256<short>.One);

    public static Vector256<int> Scales(Vector256<int> pairs) => pairs;

    [MethodImpl(MethodImplOptions.AggressiveInlining)]
    public static Vector256<int> AddScaled(Vector256<int> sum, Vector256<int> quads, Vector256<int> scales) => AddPairs(sum, quads, scales);

    [MethodImpl(MethodImplOptions.AggressiveInlining)]
    public static Vector256<int> AddPairs(Vector256<int> sum, Vector256<int> a, Vector256<int> b) =>
        sum + Avx2.MultiplyAddAdjacent(a.AsInt16(), b.AsInt16());

    public static Vector256<int> ToSingle(Vector256<int> integers) => Avx.ConvertToVector256Single(integers).AsInt32();

    public static Vector256<int> Negate(Vector256<int> value) => (-value.AsSingle()).AsInt32();

    public static Vector256<int> Multiply(Vector256<int> a, Vector256<int> b) => (a.AsSingle() * b.AsSingle()).AsInt32();

    public static Vector256<int> Plus(Vector256<int> a, Vector256<int> b) => (a.AsSingle() + b.AsSingle()).AsInt32();

    public static float Total(Vector256<int> value) => Vector256.Sum(value.AsSingle());

    [MethodImpl(MethodImplOptions.AggressiveInlining)]
    public static Vector256<int> MultiplyAdd(Vector256<int> a, Vector256<int> b, Vector256<int> sum) =>
        Fma.MultiplyAdd(a.AsSingle(), b.AsSingle(), sum.AsSingle()).AsInt32();
}
