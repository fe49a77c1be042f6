using System.Runtime.CompilerServices;
using System.Runtime.Intrinsics;
using System.Runtime.Intrinsics.Arm;

namespace Winnow.Compute.Cpu.MatMul.Lanes;

/// <summary>Arm with the dot products of Armv8.2, which sum four products up in int32 at once; quants of six bits are positive int8 too.</summary>
internal readonly unsafe struct LanesArmDot : ILanes<Vector128<int>>
{
    public static int Count => Lanes128.Count;

    public static Vector128<int> Zero => Lanes128.Zero;

    public static Vector128<int> Load(void* source) => Lanes128.Load(source);

    public static void Store(Vector128<int> value, float* target) => Lanes128.Store(value, target);

    public static Vector128<int> LoadWidened(sbyte* quants) => Lanes128.LoadWidened(quants);

    public static Vector128<int> Broadcast(void* lane) => Lanes128.Broadcast(lane);

    public static Vector128<int> Halves(float* two) => Vector128.Create(two[0], two[0], two[1], two[1]).AsInt32();

    public static Vector128<int> Start(Vector128<int> pairs) => Lanes128.Sums(pairs);

    [MethodImpl(MethodImplOptions.AggressiveInlining)]
    public static Vector128<int> AddQuads(Vector128<int> quads, Vector128<int> quants, Vector128<int> activations) =>
        Dp.DotProduct(quads, quants.AsSByte(), activations.AsSByte());

    public static Vector128<int> Sums(Vector128<int> quads) => quads;

    public static Vector128<int> Scales(Vector128<int> pairs) => pairs >> 16;

    [MethodImpl(MethodImplOptions.AggressiveInlining)]
    public static Vector128<int> AddScaled(Vector128<int> sum, Vector128<int> quads, Vector128<int> scales) => AdvSimd.MultiplyAdd(sum, quads, scales);

    [MethodImpl(MethodImplOptions.AggressiveInlining)]
    public static Vector128<int> AddPairs(Vector128<int> sum, Vector128<int> a, Vector128<int> b) => Lanes128.AddPairs(sum, a, b);

    public static Vector128<int> ToSingle(Vector128<int> integers) => Lanes128.ToSingle(integers);

    public static Vector128<int> Negate(Vector128<int> value) => Lanes128.Negate(value);

    public static Vector128<int> Multiply(Vector128<int> a, Vector128<int> b) => Lanes128.Multiply(a, b);

    public static Vector128<int> Plus(Vector128<int> a, Vector128<int> b) => Lanes128.Plus(a, b);

    public static float Total(Vector128<int> value) => Lanes128.Total(value);

    [MethodImpl(MethodImplOptions.AggressiveInlining)]
    public static Vector128<int> MultiplyAdd(Vector128<int> a, Vector128<int> b, Vector128<int> sum) => Lanes128.MultiplyAdd(a, b, sum);
}
