using System.Runtime.CompilerServices;
using System.Runtime.Intrinsics;
using System.Runtime.Intrinsics.X86;

namespace Winnow.Compute.Cpu.MatMul.Steps;

/// <summary>Two weight rows in 512 bits. Needs AVX-512.</summary>
internal readonly unsafe struct TwoRows : IRowVector<Vector512<int>>
{
    public static int Count => 2;

    /// <remarks>
    /// Not by <see cref="Vector512.Create(Vector256{int}, Vector256{int})"/>, for which .NET 10.0 loads and stores what is
    /// overwritten.
    /// </remarks>
    [MethodImpl(MethodImplOptions.AggressiveInlining)]
    public static Vector512<int> Join(Vector256<int> first, Vector256<int> second) =>
        Avx512F.InsertVector256(first.ToVector512Unsafe(), second, 1);

    /// <remarks>
    /// Of the broadcasts of 256 bits, those of AVX-512DQ: .NET 10.0 encodes the displacements of the others wrongly.
    /// </remarks>
    [MethodImpl(MethodImplOptions.AggressiveInlining)]
    public static Vector512<int> Repeat(byte* source) => Avx512DQ.BroadcastVector256ToVector512((int*)source);

    [MethodImpl(MethodImplOptions.AggressiveInlining)]
    public static Vector512<int> Pick(Vector512<int> bytes, short two) =>
        Avx512BW.Shuffle(bytes.AsByte(), Vector512.Create(two).AsByte()).AsInt32();

    [MethodImpl(MethodImplOptions.AggressiveInlining)]
    public static Vector512<int> Pairs(Vector512<int> quants, Vector512<int> activations) =>
        Avx512BW.MultiplyAddAdjacent(quants.AsByte(), activations.AsSByte()).AsInt32();

    [MethodImpl(MethodImplOptions.AggressiveInlining)]
    public static Vector256<int> Row(Vector512<int> vector, int row) => row == 0 ? vector.GetLower() : vector.GetUpper();
}
