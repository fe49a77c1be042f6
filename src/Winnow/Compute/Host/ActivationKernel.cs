using System.Runtime.CompilerServices;
using System.Runtime.Intrinsics;
using Winnow.Compute.Simd;

namespace Winnow.Compute.Host;

/// <summary>Multiplies a few vectors with an encoder whose rows were interleaved for it.</summary>
/// <remarks>
/// A panel holds two SIMD vectors' worth of features for each element of the input, so that a step of the inner loop is two
/// loads, four broadcasts and eight multiply-adds. The weights change with every batch, which the device's kernels, free to
/// repack what they load, do not provide for.
/// </remarks>
internal static unsafe class ActivationKernel
{
    /// <summary>Vectors that share one pass over a panel.</summary>
    private const int Rows = 4;

    /// <summary>Features of a panel; the number of latents must be a multiple.</summary>
    public static int PanelFeatures => 2 * HostVectors.Width;

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
        ArgumentOutOfRangeException.ThrowIfNotEqual(latents % PanelFeatures, 0, nameof(panels));
        ArgumentOutOfRangeException.ThrowIfLessThan(activations.Length, count * latents, nameof(activations));
        fixed (float* vector = vectors, panel = panels, activation = activations)
        {
            if (HostVectors.Are256)
            {
                Multiply<Simd256, Vector256<float>>(vector, count, width, panel, latents, activation);
            }
            else
            {
                Multiply<Simd128, Vector128<float>>(vector, count, width, panel, latents, activation);
            }
        }
    }

    private static void Multiply<S, V>(float* vectors, int count, int width, float* panels, int latents, float* activations)
        where S : struct, ISimd<V>
        where V : struct
    {
        for (int feature = 0; feature < latents; feature += PanelFeatures)
        {
            for (int row = 0; row < count; row += Rows)
            {
                // The last group repeats its last vector.
                int second = Math.Min(row + 1, count - 1);
                int third = Math.Min(row + 2, count - 1);
                int fourth = Math.Min(row + 3, count - 1);
                float* target = activations + feature;
                Panel<S, V>(
                    vectors + (row * width),
                    vectors + (second * width),
                    vectors + (third * width),
                    vectors + (fourth * width),
                    width,
                    panels + (feature * width),
                    target + (row * latents),
                    target + (second * latents),
                    target + (third * latents),
                    target + (fourth * latents));
            }
        }
    }

    private static void Panel<S, V>(
        float* x0, float* x1, float* x2, float* x3, int width, float* panel, float* y0, float* y1, float* y2, float* y3)
        where S : struct, ISimd<V>
        where V : struct
    {
        V a0 = S.Zero, a1 = S.Zero, b0 = S.Zero, b1 = S.Zero, c0 = S.Zero, c1 = S.Zero, d0 = S.Zero, d1 = S.Zero;
        for (int i = 0; i < width; i++, panel += 2 * S.Width)
        {
            V w0 = S.Load(panel);
            V w1 = S.Load(panel + S.Width);
            V x = S.Broadcast(x0[i]);
            a0 = S.FusedMultiplyAdd(x, w0, a0);
            a1 = S.FusedMultiplyAdd(x, w1, a1);
            x = S.Broadcast(x1[i]);
            b0 = S.FusedMultiplyAdd(x, w0, b0);
            b1 = S.FusedMultiplyAdd(x, w1, b1);
            x = S.Broadcast(x2[i]);
            c0 = S.FusedMultiplyAdd(x, w0, c0);
            c1 = S.FusedMultiplyAdd(x, w1, c1);
            x = S.Broadcast(x3[i]);
            d0 = S.FusedMultiplyAdd(x, w0, d0);
            d1 = S.FusedMultiplyAdd(x, w1, d1);
        }

        Store<S, V>(y0, a0, a1);
        Store<S, V>(y1, b0, b1);
        Store<S, V>(y2, c0, c1);
        Store<S, V>(y3, d0, d1);
    }

    [MethodImpl(MethodImplOptions.AggressiveInlining)]
    private static void Store<S, V>(float* target, V low, V high)
        where S : struct, ISimd<V>
        where V : struct
    {
        S.Store(low, target);
        S.Store(high, target + S.Width);
    }
}
