using System.Numerics.Tensors;

namespace Winnow.Lab.Calibration.S3;

/// <summary>The parameters of a Top-K sparse autoencoder: z = top-k(ReLU(W_enc (x − b_dec) + b_enc)), x̂ = z W_dec + b_dec.</summary>
/// <remarks>S³-Attention, arXiv 2601.17702, equations 2 and 3.</remarks>
internal sealed class AutoencoderWeights
{
    public AutoencoderWeights(int width, int latents)
    {
        Width = width;
        Latents = latents;
        Encoder = new float[latents * width];
        EncoderBias = new float[latents];
        Decoder = new float[latents * width];
        DecoderBias = new float[width];
    }

    /// <summary>Elements of a vector (d).</summary>
    public int Width { get; }

    /// <summary>Features (m).</summary>
    public int Latents { get; }

    /// <summary>W_enc, [latents, width].</summary>
    public float[] Encoder { get; }

    /// <summary>b_enc, [latents].</summary>
    public float[] EncoderBias { get; }

    /// <summary>W_dec, [latents, width]; rows of length 1.</summary>
    public float[] Decoder { get; }

    /// <summary>b_dec, [width].</summary>
    public float[] DecoderBias { get; }

    /// <summary>Random decoder rows of length 1, the encoder their transpose, no biases.</summary>
    public static AutoencoderWeights Random(int width, int latents, int seed)
    {
        AutoencoderWeights weights = new(width, latents);
        Random random = new(seed);
        for (int feature = 0; feature < latents; feature++)
        {
            Span<float> row = weights.DecoderRow(feature);
            for (int i = 0; i < width; i++)
            {
                // A sum of uniform numbers is close enough to normal for directions to be uniform.
                row[i] = random.NextSingle() + random.NextSingle() + random.NextSingle() + random.NextSingle() - 2;
            }

            TensorPrimitives.Divide(row, TensorPrimitives.Norm<float>(row), row);
            row.CopyTo(weights.EncoderRow(feature));
        }

        return weights;
    }

    public Span<float> EncoderRow(int feature) => Encoder.AsSpan(feature * Width, Width);

    public Span<float> DecoderRow(int feature) => Decoder.AsSpan(feature * Width, Width);
}
