using Winnow.Quantization;

namespace Winnow.Compute.Host;

/// <summary>Reads keys back from a layer's pages and undoes their rotation, for any device whose pages the host can read.</summary>
/// <remarks>Scratch is reused from call to call.</remarks>
internal sealed class CachedKeys
{
    private RopeFrequencies? _rope;
    private ConstantRotation _rotation = new(null, 0);
    private byte[] _row = [];
    private float[] _key = [];

    /// <summary>Reads every <paramref name="step"/>th token.</summary>
    /// <param name="stream">Takes the keys.</param>
    /// <param name="layer">The rows.</param>
    /// <param name="first">The first token.</param>
    /// <param name="step">1 for all of them.</param>
    /// <param name="undo">The rotation that they were stored with; null for none.</param>
    /// <param name="keys">[tokens, kvHeads · headDimension].</param>
    public void Read(ComputeStream stream, KvLayer layer, int first, int step, RopeFrequencies? undo, Matrix keys)
    {
        KvLayout layout = layer.Layout;
        if (_row.Length != layout.KeyBytes || _key.Length != keys.Columns)
        {
            _row = new byte[layout.KeyBytes];
            _key = new float[keys.Columns];
        }

        if (_rope != undo)
        {
            _rope = undo;
            _rotation = new ConstantRotation(undo, 0);
        }

        for (int i = 0; i < keys.Rows; i++)
        {
            int position = first + (i * step);
            _rotation.MoveTo(position);
            KvPage page = layer.Pages[position / KvLayout.PageTokens];
            for (int head = 0; head < layout.KvHeads; head++)
            {
                Span<float> key = _key.AsSpan(head * layout.KeyDimension, layout.KeyDimension);
                page.Buffer.Read(page.OffsetBytes + layout.RowOffset(head, position % KvLayout.PageTokens), _row);
                BlockCodec.Decode(layout.KeyType, _row, key);
                _rotation.Undo(key);
            }

            stream.Write(_key, keys.RowSlice(i, 1));
        }
    }
}
