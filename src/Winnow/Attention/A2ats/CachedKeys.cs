using Winnow.Compute;
using Winnow.Quantization;

namespace Winnow.Attention.A2ats;

/// <summary>Reads keys back from the cache and undoes their rotation, for tokens that were stored before there was a codebook for them.</summary>
/// <remarks>What comes back has been rounded to the cache's type, and so is a little less exact than what <see cref="DecodeMethod.ObserveKeys"/> sees.</remarks>
internal sealed class CachedKeys(RopeFrequencies? rope)
{
    private readonly ConstantRotation _rotation = new(rope, 0);
    private byte[] _row = [];

    /// <summary>Reads every <paramref name="step"/>th token.</summary>
    /// <param name="layer">The rows.</param>
    /// <param name="first">The first token.</param>
    /// <param name="step">1 for all of them.</param>
    /// <param name="keys">[tokens, kvHeads · headDimension].</param>
    public void Read(KvLayer layer, int first, int step, Span<float> keys)
    {
        KvLayout layout = layer.Layout;
        int width = layout.KvHeads * layout.KeyDimension;
        if (_row.Length != layout.KeyBytes)
        {
            _row = new byte[layout.KeyBytes];
        }

        for (int i = 0; i < keys.Length / width; i++)
        {
            int position = first + (i * step);
            _rotation.MoveTo(position);
            KvPage page = layer.Pages[position / KvLayout.PageTokens];
            for (int head = 0; head < layout.KvHeads; head++)
            {
                Span<float> key = keys.Slice((i * width) + (head * layout.KeyDimension), layout.KeyDimension);
                page.Buffer.Read(page.OffsetBytes + layout.RowOffset(head, position % KvLayout.PageTokens), _row);
                BlockCodec.Decode(layout.KeyType, _row, key);
                _rotation.Undo(key);
            }
        }
    }
}
