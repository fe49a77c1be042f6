using System.Numerics.Tensors;

namespace Winnow.Retrieval.Features;

/// <summary>The encoder of a Top-K sparse autoencoder over one head's keys: a vector becomes the k features that describe it.</summary>
/// <remarks>
/// S³-Attention, arXiv 2601.17702, equations 2 and 3: z = ReLU(W (x − b_dec) + b_enc), of which the k largest stay. The same
/// encoder reads keys and queries. Deviation: each side has its own mean and scale, because queries and keys of a head are
/// distributed differently; without that, queries fire a few generic features only. The decoder is needed in training alone.
/// </remarks>
internal sealed class KeyAutoencoder
{
    /// <summary>Which head's keys it reads.</summary>
    public required KeyProjection Projection { get; init; }

    /// <summary>Elements of a vector (d).</summary>
    public required int Width { get; init; }

    /// <summary>Features in all (m).</summary>
    public required int Latents { get; init; }

    /// <summary>Features that a vector activates (k).</summary>
    public required int Active { get; init; }

    /// <summary>W_enc, [latents, width].</summary>
    public required Half[] Encoder { get; init; }

    /// <summary>b_enc − W_enc b_dec, [latents].</summary>
    public required float[] Bias { get; init; }

    /// <summary>How keys are brought to mean 0 and E‖x‖² = width.</summary>
    public required FeatureScale Keys { get; init; }

    /// <summary>The same for queries.</summary>
    public required FeatureScale Queries { get; init; }

    /// <summary>The activations of one normalised vector before selection, computed the slow way.</summary>
    /// <param name="input">[width].</param>
    /// <param name="activations">[latents].</param>
    public void Activate(ReadOnlySpan<float> input, Span<float> activations)
    {
        float[] row = new float[Width];
        for (int feature = 0; feature < Latents; feature++)
        {
            TensorPrimitives.ConvertToSingle(Encoder.AsSpan(feature * Width, Width), row);
            activations[feature] = TensorPrimitives.Dot(row, input) + Bias[feature];
        }
    }
}
