namespace Winnow.Compute.Host.Selection;

/// <summary>Codes keys, KV head by KV head.</summary>
internal sealed unsafe class CodingWork : IHostWork
{
    private HostCodes? _codes;
    private float* _keys;
    private int _position;
    private int _count;

    /// <summary>Codes the keys of all heads.</summary>
    /// <param name="stream">Whose threads work.</param>
    /// <param name="codes">What they go to.</param>
    /// <param name="keys">Before rotation, [count, kvHeads · headDimension].</param>
    /// <param name="position">The position of key 0.</param>
    /// <param name="count">How many.</param>
    public void Run(ComputeStream stream, HostCodes codes, ReadOnlySpan<float> keys, int position, int count)
    {
        fixed (float* first = keys)
        {
            _codes = codes;
            _keys = first;
            _position = position;
            _count = count;
            stream.RunOnHost(this, codes.Shape.KvHeads);
        }
    }

    void IHostWork.Run(int part)
    {
        int dimension = _codes!.Shape.HeadDimension;
        int width = _codes.Shape.KvHeads * dimension;
        int skipped = part * dimension;
        _codes.Codebooks[part].Encode(
            new ReadOnlySpan<float>(_keys + skipped, (_count * width) - skipped), width, _codes.Codes(part).Append(_position, _count));
    }
}
