using System.Runtime.CompilerServices;
using System.Runtime.Intrinsics;
using System.Runtime.Intrinsics.X86;

namespace Winnow.Compute.Cpu.MatMul.Steps;

/// <summary>One weight row in 256 bits. Needs AVX2.</summary>
internal readonly unsafe struct OneRow : IRowVector<Vector256<int>>
{
    public static int Count => 1;

    public static Vector256<int> Join(Vector256<int> first, Vector256<int> second) => first;

    public static Vector256<int> Repeat(byte* source) => Vector256.Load((int*)source);

    [MethodImpl(MethodImplOptions.AggressiveInlining)]
    public static Vector256<int> Pick(Vector256<int> bytes, short two) =>
        Avx2.Shuffle(bytes.AsByte(), Vector256.Create(two).AsByte()).AsInt32();

    [MethodImpl(MethodImplOptions.AggressiveInlining)]
    public static Vector256<int> Pairs(Vector256<int> quants, Vector256<int> activations) =>
        Avx2.MultiplyAddAdjacent(quants.AsByte(), activations.AsSByte()).AsInt32();

    public static Vector256<int> Row(Vector256<int> vector, int row) => vector;
}
