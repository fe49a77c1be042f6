using System.Runtime.CompilerServices;
using System.Runtime.Intrinsics;
using System.Runtime.Intrinsics.X86;

namespace Winnow.Compute.Cpu.MatMul.Panels;

/// <summary>Interleaves the words of 16 rows: [16 rows][words] to [words][16 rows].</summary>
internal static unsafe class PanelTranspose
{
    /// <summary>Eight by eight words at a time. Needs AVX2.</summary>
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
            for (int word = 0; word < rowWords; word += 8, source += 8, target += 8 * PanelLayout.Rows)
            {
                Vector256<float> r0 = Vector256.Load(source);
                Vector256<float> r1 = Vector256.Load(source + rowWords);
                Vector256<float> r2 = Vector256.Load(source + (2 * rowWords));
                Vector256<float> r3 = Vector256.Load(source + (3 * rowWords));
                Vector256<float> r4 = Vector256.Load(source + (4 * rowWords));
                Vector256<float> r5 = Vector256.Load(source + (5 * rowWords));
                Vector256<float> r6 = Vector256.Load(source + (6 * rowWords));
                Vector256<float> r7 = Vector256.Load(source + (7 * rowWords));

                Vector256<double> a0 = Avx.UnpackLow(r0, r1).AsDouble();
                Vector256<double> a1 = Avx.UnpackHigh(r0, r1).AsDouble();
                Vector256<double> a2 = Avx.UnpackLow(r2, r3).AsDouble();
                Vector256<double> a3 = Avx.UnpackHigh(r2, r3).AsDouble();
                Vector256<double> a4 = Avx.UnpackLow(r4, r5).AsDouble();
                Vector256<double> a5 = Avx.UnpackHigh(r4, r5).AsDouble();
                Vector256<double> a6 = Avx.UnpackLow(r6, r7).AsDouble();
                Vector256<double> a7 = Avx.UnpackHigh(r6, r7).AsDouble();

                Vector256<float> b0 = Avx.UnpackLow(a0, a2).AsSingle();
                Vector256<float> b1 = Avx.UnpackHigh(a0, a2).AsSingle();
                Vector256<float> b2 = Avx.UnpackLow(a1, a3).AsSingle();
                Vector256<float> b3 = Avx.UnpackHigh(a1, a3).AsSingle();
                Vector256<float> b4 = Avx.UnpackLow(a4, a6).AsSingle();
                Vector256<float> b5 = Avx.UnpackHigh(a4, a6).AsSingle();
                Vector256<float> b6 = Avx.UnpackLow(a5, a7).AsSingle();
                Vector256<float> b7 = Avx.UnpackHigh(a5, a7).AsSingle();

                Avx.Permute2x128(b0, b4, 0x20).Store(target);
                Avx.Permute2x128(b1, b5, 0x20).Store(target + PanelLayout.Rows);
                Avx.Permute2x128(b2, b6, 0x20).Store(target + (2 * PanelLayout.Rows));
                Avx.Permute2x128(b3, b7, 0x20).Store(target + (3 * PanelLayout.Rows));
                Avx.Permute2x128(b0, b4, 0x31).Store(target + (4 * PanelLayout.Rows));
                Avx.Permute2x128(b1, b5, 0x31).Store(target + (5 * PanelLayout.Rows));
                Avx.Permute2x128(b2, b6, 0x31).Store(target + (6 * PanelLayout.Rows));
                Avx.Permute2x128(b3, b7, 0x31).Store(target + (7 * PanelLayout.Rows));
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
}
