using System.Runtime.InteropServices;
using System.Runtime.Intrinsics;
using Winnow.Compute.Simd;

namespace Winnow.Compute.Host;

/// <summary>Whether the rows of a list ascend: found in vectors, because lists are long and change with every step.</summary>
internal static class AscendingRows
{
    /// <summary>Checks a list of a plan: kernels rely on it.</summary>
    /// <exception cref="ArgumentException">It is not ascending, has duplicates or negative rows.</exception>
    public static void Require(ReadOnlySpan<int> rows, int list)
    {
        for (int i = Count(rows); i < rows.Length; i++)
        {
            int before = i == 0 ? -1 : rows[i - 1];
            if (rows[i] <= before)
            {
                throw new ArgumentException($"rows of a plan must ascend from 0 on without duplicates: list {list} has {rows[i]} after {before}");
            }
        }
    }

    /// <summary>How many leading rows certainly ascend from 0 on: whole vectors of them, not all.</summary>
    public static int Count(ReadOnlySpan<int> rows) => HostVectors.Are256
        ? Count<Simd256, Vector256<float>>(rows)
        : Count<Simd128, Vector128<float>>(rows);

    private static int Count<S, V>(ReadOnlySpan<int> rows)
        where S : struct, ISimd<V>
        where V : struct
    {
        int i = 0;
        if (rows.Length > 0 && rows[0] >= 0)
        {
            ReadOnlySpan<float> bits = MemoryMarshal.Cast<int, float>(rows);
            while (i < rows.Length - S.Width && S.AllLessSigned(S.Load(bits[i..]), S.Load(bits[(i + 1)..])))
            {
                i += S.Width;
            }
        }

        return i;
    }
}
