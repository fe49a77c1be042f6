namespace Winnow.Compute.Host.Selection;

/// <summary>Makes codebooks, KV head by KV head.</summary>
/// <param name="sums">What they are fitted to.</param>
/// <param name="training">How.</param>
internal sealed unsafe class CodebookWork(HostSums sums, CodebookTraining training) : IHostWork
{
    private readonly Codebook[] _codebooks = new Codebook[sums.Shape.KvHeads];
    private float* _keys;

    /// <summary>Makes the codebooks of all heads.</summary>
    /// <param name="stream">Whose threads work.</param>
    /// <param name="keys">Before rotation, [keys, kvHeads · headDimension].</param>
    /// <exception cref="NotPositiveDefiniteException">Queries are no numbers.</exception>
    public Codebook[] Run(ComputeStream stream, ReadOnlySpan<float> keys)
    {
        fixed (float* first = keys)
        {
            _keys = first;
            stream.RunOnHost(this, _codebooks.Length);
        }

        return _codebooks;
    }

    void IHostWork.Run(int part)
    {
        int dimension = sums.Shape.HeadDimension;
        float[] keys = new float[training.Count * dimension];
        for (int i = 0; i < training.Count; i++)
        {
            float* key = _keys + (((long)i * _codebooks.Length) + part) * dimension;
            new ReadOnlySpan<float>(key, dimension).CopyTo(keys.AsSpan(i * dimension));
        }

        _codebooks[part] = new Codebook(
            CodebookData.Train(keys, sums.Head(part).Normalized(), dimension, training.Centroids, training.Iterations, training.Seed));
    }
}
