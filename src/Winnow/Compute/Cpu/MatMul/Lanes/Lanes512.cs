using System.Runtime.CompilerServices;
using System.Runtime.Intrinsics;
using System.Runtime.Intrinsics.X86;

namespace Winnow.Compute.Cpu.MatMul.Lanes;

/// <summary>AVX-512: lanes sum quants up as pairs of int16, and the vpmaddwd that widens them multiplies with their scales at no cost.</summary>
/// <remarks>.NET 10 does not offer the 512-bit dot products of AVX512-VNNI, only those of AVX10.2.</remarks>
internal readonly unsafe struct Lanes512 : ILanes<Vector512<int>>
{
    public static int Count => Vector512<int>.Count;

    public static Vector512<int> Zero => Vector512<int>.Zero;

    public static Vector512<int> Load(void* source) => Vector512.Load((int*)source);

    public static void Store(Vector512<int> value, float* target) => value.AsSingle().Store(target);

    public static Vector512<int> LoadWidened(sbyte* quants) => Avx512BW.ConvertToVector512Int16(Vector256.Load(quants)).AsInt32();

    public static Vector512<int> Broadcast(void* lane) => Vector512.Create(*(int*)lane);

    [MethodImpl(MethodImplOptions.AggressiveInlining)]
    public static Vector512<int> Halves(float* two) => Avx512F.PermuteVar16x32(
        Vector128.CreateScalarUnsafe(*(long*)two).AsInt32().ToVector256Unsafe().ToVector512Unsafe(),
        Vector512.Create(0, 0, 0, 0, 0, 0, 0, 0, 1, 1, 1, 1, 1, 1, 1, 1));

    public static Vector512<int> Start(Vector512<int> pairs) => pairs;

    [MethodImpl(MethodImplOptions.AggressiveInlining)]
    public static Vector512<int> AddQuads(Vector512<int> quads, Vector512<int> quants, Vector512<int> activations) =>
        (quads.AsInt16() + Avx512BW.MultiplyAddAdjacent(quants.AsByte(), activations.AsSByte())).AsInt32();

    public static Vector512<int> Sums(Vector512<int> quads) => Avx512BW.MultiplyAddAdjacent(quads.AsInt16(), Vector512<short>.One);

    public static Vector512<int> Scales(Vector512<int> pairs) => pairs;

    [MethodImpl(MethodImplOptions.AggressiveInlining)]
    public static Vector512<int> AddScaled(Vector512<int> sum, Vector512<int> quads, Vector512<int> scales) => AddPairs(sum, quads, scales);

    [MethodImpl(MethodImplOptions.AggressiveInlining)]
    public static Vector512<int> AddPairs(Vector512<int> sum, Vector512<int> a, Vector512<int> b) =>
        sum + Avx512BW.MultiplyAddAdjacent(a.AsInt16(), b.AsInt16());

    public static Vector512<int> ToSingle(Vector512<int> integers) => Avx512F.ConvertToVector512Single(integers).AsInt32();

    public static Vector512<int> Negate(Vector512<int> value) => (-value.AsSingle()).AsInt32();

    public static Vector512<int> Multiply(Vector512<int> a, Vector512<int> b) => (a.AsSingle() * b.AsSingle()).AsInt32();

    public static Vector512<int> Plus(Vector512<int> a, Vector512<int> b) => (a.AsSingle() + b.AsSingle()).AsInt32();

    public static float Total(Vector512<int> value) => Vector512.Sum(value.AsSingle());

    [MethodImpl(MethodImplOptions.AggressiveInlining)]
    public static Vector512<int> MultiplyAdd(Vector512<int> a, Vector512<int> b, Vector512<int> sum) =>
        Avx512F.FusedMultiplyAdd(a.AsSingle(), b.AsSingle(), sum.AsSingle()).AsInt32();
}
