using System.Numerics;
using System.Runtime.CompilerServices;
using System.Runtime.InteropServices;

namespace Winnow.Lab.Calibration.S3;

/// <summary>Multiplies a few vectors with an encoder whose rows were interleaved for it.</summary>
/// <remarks>
/// A panel holds two SIMD vectors' worth of features for each element of the input, so that a step of the inner loop is two
/// loads, four broadcasts and eight multiply-adds. The weights change with every batch, which the device's kernels, free to
/// repack what they load, do not provide for.
/// </remarks>
internal static class ActivationKernel
{
    /// <summary>Vectors that share one pass over a panel.</summary>
    private const int Rows = 4;

    /// <summary>Features of a panel; the number of latents must be a multiple.</summary>
    public static int PanelFeatures => 2 * Vector<float>.Count;

    /// <summary>Interleaves an encoder.</summary>
    /// <param name="encoder">[latents, width].</param>
    /// <param name="width">Elements of a row.</param>
    /// <param name="panels">Receives [latents / panel, width, panel].</param>
    public static void Pack(ReadOnlySpan<float> encoder, int width, Span<float> panels)
    {
        int size = PanelFeatures;
        for (int feature = 0; feature < encoder.Length / width; feature++)
        {
            ReadOnlySpan<float> row = encoder.Slice(feature * width, width);
            Span<float> target = panels.Slice(feature / size * size * width);
            for (int i = 0; i < width; i++)
            {
                target[(i * size) + (feature % size)] = row[i];
            }
        }
    }

    /// <summary>Products of vectors with every row of the encoder.</summary>
    /// <param name="vectors">[count, width].</param>
    /// <param name="width">Elements of a vector.</param>
    /// <param name="panels">What <see cref="Pack"/> made.</param>
    /// <param name="activations">[count, latents].</param>
    public static void Multiply(ReadOnlySpan<float> vectors, int width, ReadOnlySpan<float> panels, Span<float> activations)
    {
        int count = vectors.Length / width;
        int latents = panels.Length / width;
        for (int feature = 0; feature < latents; feature += PanelFeatures)
        {
            ReadOnlySpan<float> panel = panels.Slice(feature * width, PanelFeatures * width);
            for (int row = 0; row < count; row += Rows)
            {
                // The last group repeats its last vector.
                int last = count - 1;
                Panel(
                    vectors.Slice(row * width, width),
                    vectors.Slice(Math.Min(row + 1, last) * width, width),
                    vectors.Slice(Math.Min(row + 2, last) * width, width),
                    vectors.Slice(Math.Min(row + 3, last) * width, width),
                    panel,
                    activations.Slice((row * latents) + feature, PanelFeatures),
                    activations.Slice((Math.Min(row + 1, last) * latents) + feature, PanelFeatures),
                    activations.Slice((Math.Min(row + 2, last) * latents) + feature, PanelFeatures),
                    activations.Slice((Math.Min(row + 3, last) * latents) + feature, PanelFeatures));
            }
        }
    }

    private static void Panel(
        ReadOnlySpan<float> x0,
        ReadOnlySpan<float> x1,
        ReadOnlySpan<float> x2,
        ReadOnlySpan<float> x3,
        ReadOnlySpan<float> panel,
        Span<float> y0,
        Span<float> y1,
        Span<float> y2,
        Span<float> y3)
    {
        Vector<float> a0 = default, a1 = default, b0 = default, b1 = default, c0 = default, c1 = default, d0 = default, d1 = default;
        ref float weight = ref MemoryMarshal.GetReference(panel);
        nuint step = (nuint)Vector<float>.Count;
        nuint offset = 0;
        for (int i = 0; i < x0.Length; i++)
        {
            Vector<float> w0 = Vector.LoadUnsafe(ref weight, offset);
            Vector<float> w1 = Vector.LoadUnsafe(ref weight, offset + step);
            Vector<float> x = new(x0[i]);
            a0 = Vector.FusedMultiplyAdd(x, w0, a0);
            a1 = Vector.FusedMultiplyAdd(x, w1, a1);
            x = new(x1[i]);
            b0 = Vector.FusedMultiplyAdd(x, w0, b0);
            b1 = Vector.FusedMultiplyAdd(x, w1, b1);
            x = new(x2[i]);
            c0 = Vector.FusedMultiplyAdd(x, w0, c0);
            c1 = Vector.FusedMultiplyAdd(x, w1, c1);
            x = new(x3[i]);
            d0 = Vector.FusedMultiplyAdd(x, w0, d0);
            d1 = Vector.FusedMultiplyAdd(x, w1, d1);
            offset += 2 * step;
        }

        Store(y0, a0, a1);
        Store(y1, b0, b1);
        Store(y2, c0, c1);
        Store(y3, d0, d1);
    }

    [MethodImpl(MethodImplOptions.AggressiveInlining)]
    private static void Store(Span<float> target, Vector<float> low, Vector<float> high)
    {
        low.CopyTo(target);
        high.CopyTo(target[Vector<float>.Count..]);
    }
}
