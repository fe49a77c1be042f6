using System.Runtime.CompilerServices;
using System.Runtime.Intrinsics;
using System.Runtime.Intrinsics.X86;

namespace Winnow.Compute.Cpu.MatMul.Lanes;

/// <summary>AVX2 and FMA with the dot products of AVX-VNNI, which sum four products up in int32 at once.</summary>
internal readonly unsafe struct LanesVnni : ILanes<Vector256<int>>
{
    public static int Count => Lanes256.Count;

    public static Vector256<int> Zero => Lanes256.Zero;

    public static Vector256<int> Load(void* source) => Lanes256.Load(source);

    public static void Store(Vector256<int> value, float* target) => Lanes256.Store(value, target);

    public static Vector256<int> LoadWidened(sbyte* quants) => Lanes256.LoadWidened(quants);

    public static Vector256<int> Broadcast(void* lane) => Lanes256.Broadcast(lane);

    public static Vector256<int> Halves(float* two) => Vector256.Create(Vector128.Create(two[0]), Vector128.Create(two[1])).AsInt32();

    public static Vector256<int> Start(Vector256<int> pairs) => Avx2.MultiplyAddAdjacent(pairs.AsInt16(), Vector256<short>.One);

    [MethodImpl(MethodImplOptions.AggressiveInlining)]
    public static Vector256<int> AddQuads(Vector256<int> quads, Vector256<int> quants, Vector256<int> activations) =>
        AvxVnni.MultiplyWideningAndAdd(quads, quants.AsByte(), activations.AsSByte());

    public static Vector256<int> Sums(Vector256<int> quads) => quads;

    public static Vector256<int> Scales(Vector256<int> pairs) => pairs >> 16;

    [MethodImpl(MethodImplOptions.AggressiveInlining)]
    public static Vector256<int> AddScaled(Vector256<int> sum, Vector256<int> quads, Vector256<int> scales) => sum + (quads * scales);

    [MethodImpl(MethodImplOptions.AggressiveInlining)]
    public static Vector256<int> AddPairs(Vector256<int> sum, Vector256<int> a, Vector256<int> b) =>
        AvxVnni.MultiplyWideningAndAdd(sum, a.AsInt16(), b.AsInt16());

    public static Vector256<int> ToSingle(Vector256<int> integers) => Lanes256.ToSingle(integers);

    public static Vector256<int> Negate(Vector256<int> value) => Lanes256.Negate(value);

    public static Vector256<int> Multiply(Vector256<int> a, Vector256<int> b) => Lanes256.Multiply(a, b);

    public static Vector256<int> Plus(Vector256<int> a, Vector256<int> b) => Lanes256.Plus(a, b);

    public static float Total(Vector256<int> value) => Lanes256.Total(value);

    [MethodImpl(MethodImplOptions.AggressiveInlining)]
    public static Vector256<int> MultiplyAdd(Vector256<int> a, Vector256<int> b, Vector256<int> sum) => Lanes256.MultiplyAdd(a, b, sum);
}
