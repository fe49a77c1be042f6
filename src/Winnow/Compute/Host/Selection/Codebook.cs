using System.Numerics.Tensors;
using System.Runtime.InteropServices;
using System.Security.Cryptography;

namespace Winnow.Compute.Host.Selection;

/// <summary>The codebook of one layer and KV head, ready for use: gives keys their codes, and queries their tables. Immutable.</summary>
/// <remarks>
/// The nearest centroid of z = (k − m)L minimises ½‖c′‖² − z·c′. As z·c′ = (k − m)L·(ĉL)ᵀ = (k − m)H·ĉ, the score centroids Ĉ
/// serve both purposes, and only they have to stay in fast memory.
/// </remarks>
internal sealed class Codebook
{
    /// <summary>The most centroids that a code tells apart.</summary>
    public const int MaximumCentroids = 1 << 16;

    /// <summary>Keys that are encoded in one piece.</summary>
    private const int PieceLength = 16;

    private readonly float[] _mean;
    private readonly float[] _bias;
    private readonly CentroidPanels _moments;
    private readonly CentroidPanels _centroids;

    public Codebook(CodebookData data)
    {
        int dimension = data.Dimension;
        _mean = data.Mean;
        _centroids = new CentroidPanels(data.ScoreCentroids, dimension);
        _bias = Bias(data.Centroids, dimension, _centroids.PaddedCount);
        float[] moments = new float[dimension * dimension];
        for (int row = 0; row < dimension; row++)
        {
            for (int column = 0; column < dimension; column++)
            {
                double sum = 0;
                for (int k = 0; k < dimension; k++)
                {
                    sum += (double)data.Lower[(row * dimension) + k] * data.Lower[(column * dimension) + k];
                }

                moments[(row * dimension) + column] = (float)sum;
            }
        }

        _moments = new CentroidPanels(moments, dimension);
    }

    private Codebook(float[] mean, float[] bias, CentroidPanels moments, CentroidPanels centroids)
    {
        _mean = mean;
        _bias = bias;
        _moments = moments;
        _centroids = centroids;
    }

    /// <summary>Bytes that the codebook takes.</summary>
    public long SizeBytes => sizeof(float) * ((long)_mean.Length + _bias.Length) + _moments.SizeBytes + _centroids.SizeBytes;

    /// <summary>Centroids.</summary>
    public int Count => _centroids.Count;

    /// <summary>Elements of a table: the centroids filled up to whole vectors.</summary>
    public int TableLength => _centroids.PaddedCount;

    /// <summary>Elements of a key.</summary>
    public int Dimension => _mean.Length;

    /// <summary>Adds what tells this codebook from others.</summary>
    public void AppendTo(IncrementalHash hash)
    {
        hash.AppendData(MemoryMarshal.AsBytes(_bias.AsSpan()));
        hash.AppendData(MemoryMarshal.AsBytes(_mean.AsSpan()));
    }

    /// <summary>Writes the codebook.</summary>
    public void Save(StateBuffer target)
    {
        target.Write(Count);
        target.Write<float>(_mean);
        target.Write<float>(_bias);
        _moments.Save(target);
        _centroids.Save(target);
    }

    /// <summary>Reads a codebook back.</summary>
    /// <param name="source">What <see cref="Save"/> wrote.</param>
    /// <param name="dimension">Elements of a key.</param>
    public static Codebook Load(ref StateReader source, int dimension)
    {
        int count = source.ReadCount(dimension * sizeof(float));
        if (count is < 1 or > MaximumCentroids)
        {
            throw new InvalidDataException($"the state of an attention method has a codebook of {count} centroids");
        }

        float[] mean = new float[dimension];
        source.Read<float>(mean);
        float[] bias = new float[CentroidPanels.Pad(count)];
        source.Read<float>(bias);
        CentroidPanels moments = CentroidPanels.Load(ref source, dimension, dimension);
        return new Codebook(mean, bias, moments, CentroidPanels.Load(ref source, count, dimension));
    }

    /// <summary>Half the squared norm of each centroid, and +∞ behind them.</summary>
    /// <param name="centroids">C′, [count, dimension].</param>
    /// <param name="dimension">Elements of a centroid.</param>
    /// <param name="length">Elements of the result.</param>
    public static float[] Bias(ReadOnlySpan<float> centroids, int dimension, int length)
    {
        float[] bias = new float[length];
        Array.Fill(bias, float.PositiveInfinity);
        for (int first = 0; first < centroids.Length; first += dimension)
        {
            double sum = 0;
            foreach (float value in centroids.Slice(first, dimension))
            {
                sum += (double)value * value;
            }

            bias[first / dimension] = (float)(sum / 2);
        }

        return bias;
    }

    /// <summary>Scores of every centroid: what a table lookup then stands for.</summary>
    /// <param name="queries">q̃, rotated by the constant, [queries, dimension].</param>
    /// <param name="tables">[queries, <see cref="TableLength"/>].</param>
    public void FillTables(ReadOnlySpan<float> queries, Span<float> tables) => _centroids.Multiply(queries, tables);

    /// <summary>The code of each key: its nearest centroid under H, of equally near ones the first.</summary>
    /// <param name="keys">Keys before rotation; the first begins at element 0.</param>
    /// <param name="stride">Elements from one key to the next.</param>
    /// <param name="codes">One per key.</param>
    public void Encode(ReadOnlySpan<float> keys, int stride, Span<ushort> codes)
    {
        int dimension = Dimension;
        Span<float> centred = stackalloc float[PieceLength * dimension];
        Span<float> weighted = stackalloc float[PieceLength * _moments.PaddedCount];
        Span<float> costs = stackalloc float[PieceLength];
        for (int first = 0; first < codes.Length; first += PieceLength)
        {
            int count = Math.Min(PieceLength, codes.Length - first);
            for (int i = 0; i < count; i++)
            {
                TensorPrimitives.Subtract(keys.Slice((first + i) * stride, dimension), _mean, centred.Slice(i * dimension, dimension));
            }

            Span<float> products = weighted[..(count * _moments.PaddedCount)];
            _moments.Multiply(centred[..(count * dimension)], products);
            for (int i = 0; i < count; i++)
            {
                products.Slice(i * _moments.PaddedCount, dimension).CopyTo(centred[(i * dimension)..]);
            }

            _centroids.FindNearest(centred[..(count * dimension)], _bias, codes.Slice(first, count), costs[..count]);
        }
    }
}
