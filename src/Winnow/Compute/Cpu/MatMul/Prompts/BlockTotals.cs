using System.Runtime.CompilerServices;
using System.Runtime.Intrinsics;
using System.Runtime.Intrinsics.X86;

namespace Winnow.Compute.Cpu.MatMul.Prompts;

/// <summary>
/// Sums of blocks of 32 in the order of <see cref="Panels.RegisterTile{TLanes, TMore, TVector}"/>: the integers of a block become one
/// f32, and blocks are added one after the other. Needs AVX2 and FMA.
/// </summary>
internal static unsafe class BlockTotals
{
    /// <summary>The sum of the lanes of each of eight vectors, in their order.</summary>
    [MethodImpl(MethodImplOptions.AggressiveInlining)]
    public static Vector256<int> Of(
        Vector256<int> v0, Vector256<int> v1, Vector256<int> v2, Vector256<int> v3,
        Vector256<int> v4, Vector256<int> v5, Vector256<int> v6, Vector256<int> v7)
    {
        Vector256<int> low = Avx2.HorizontalAdd(Avx2.HorizontalAdd(v0, v1), Avx2.HorizontalAdd(v2, v3));
        Vector256<int> high = Avx2.HorizontalAdd(Avx2.HorizontalAdd(v4, v5), Avx2.HorizontalAdd(v6, v7));
        return Avx2.Permute2x128(low, high, 0x20) + Avx2.Permute2x128(low, high, 0x31);
    }

    /// <summary>sum + values[i] · factors[i], rounded after each of <paramref name="count"/> blocks.</summary>
    [MethodImpl(MethodImplOptions.AggressiveInlining)]
    public static float Add(float sum, float* values, float* factors, int count)
    {
        Vector128<float> total = Vector128.CreateScalarUnsafe(sum);
        for (int i = 0; i < count; i++)
        {
            total = MultiplyAdd(values + i, factors + i, total);
        }

        return total.ToScalar();
    }

    /// <summary>The same, each block followed by minima[i] · activations[i].</summary>
    [MethodImpl(MethodImplOptions.AggressiveInlining)]
    public static float Add(float sum, float* values, float* factors, float* minima, float* activations, int count)
    {
        Vector128<float> total = Vector128.CreateScalarUnsafe(sum);
        for (int i = 0; i < count; i++)
        {
            total = MultiplyAdd(minima + i, activations + i, MultiplyAdd(values + i, factors + i, total));
        }

        return total.ToScalar();
    }

    [MethodImpl(MethodImplOptions.AggressiveInlining)]
    private static Vector128<float> MultiplyAdd(float* a, float* b, Vector128<float> sum) =>
        Fma.MultiplyAddScalar(Vector128.CreateScalarUnsafe(*a), Vector128.CreateScalarUnsafe(*b), sum);
}
