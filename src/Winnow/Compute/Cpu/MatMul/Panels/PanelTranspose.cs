using System.Runtime.CompilerServices;
using System.Runtime.Intrinsics;
using System.Runtime.Intrinsics.X86;

namespace Winnow.Compute.Cpu.MatMul.Panels;

/// <summary>Interleaves the words of 16 rows: [16 rows][words] to [words][16 rows].</summary>
internal static unsafe class PanelTranspose
{
    /// <summary>Four words of eight rows at a time. Needs AVX2.</summary>
    /// <param name="rows">Sixteen rows of words.</param>
    /// <param name="rowWords">Words from one row to the next, and words to interleave; a multiple of 8.</param>
    /// <param name="panel">[rowWords][16].</param>
    [MethodImpl(MethodImplOptions.AggressiveOptimization)]
    public static void Avx2Words(uint* rows, int rowWords, uint* panel)
    {
        for (int half = 0; half < PanelLayout.Rows; half += 8)
        {
            float* source = (float*)rows + ((long)half * rowWords);
            float* target = (float*)panel + half;
            for (int word = 0; word < rowWords; word += 4, source += 4, target += 4 * PanelLayout.Rows)
            {
                // Loads put rows four apart into the two halves of a vector: then nothing has to cross the halves.
                Vector256<float> r0 = TwoRows(source, rowWords);
                Vector256<float> r1 = TwoRows(source + rowWords, rowWords);
                Vector256<float> r2 = TwoRows(source + (2 * rowWords), rowWords);
                Vector256<float> r3 = TwoRows(source + (3 * rowWords), rowWords);
                Vector256<double> a0 = Avx.UnpackLow(r0, r1).AsDouble();
                Vector256<double> a1 = Avx.UnpackHigh(r0, r1).AsDouble();
                Vector256<double> a2 = Avx.UnpackLow(r2, r3).AsDouble();
                Vector256<double> a3 = Avx.UnpackHigh(r2, r3).AsDouble();
                Avx.UnpackLow(a0, a2).AsSingle().Store(target);
                Avx.UnpackHigh(a0, a2).AsSingle().Store(target + PanelLayout.Rows);
                Avx.UnpackLow(a1, a3).AsSingle().Store(target + (2 * PanelLayout.Rows));
                Avx.UnpackHigh(a1, a3).AsSingle().Store(target + (3 * PanelLayout.Rows));
            }
        }
    }

    /// <summary>Word by word, on any processor.</summary>
    [MethodImpl(MethodImplOptions.AggressiveOptimization)]
    public static void PortableWords(uint* rows, int rowWords, uint* panel)
    {
        for (int row = 0; row < PanelLayout.Rows; row++)
        {
            for (int word = 0; word < rowWords; word++)
            {
                panel[(word * PanelLayout.Rows) + row] = rows[((long)row * rowWords) + word];
            }
        }
    }

    /// <summary>Four words of a row, and behind them those of the row four further.</summary>
    [MethodImpl(MethodImplOptions.AggressiveInlining)]
    private static Vector256<float> TwoRows(float* source, int rowWords) =>
        Avx.InsertVector128(Vector128.Load(source).ToVector256Unsafe(), Vector128.Load(source + (4 * rowWords)), 1);
}
