using System.Runtime.InteropServices;
using Winnow.Compute;

namespace Winnow.DeviceTests.Reference;

/// <summary>A managed array: every access is bounds-checked.</summary>
internal sealed class ReferenceBuffer(long sizeBytes) : DeviceBuffer(sizeBytes)
{
    private byte[]? _bytes = new byte[sizeBytes];

    public Span<byte> Bytes
    {
        get
        {
            ObjectDisposedException.ThrowIf(_bytes is null, this);
            return _bytes;
        }
    }

    public static Span<byte> Page(KvPage page, KvLayout layout) =>
        ((ReferenceBuffer)page.Buffer).Bytes.Slice((int)page.OffsetBytes, (int)layout.PageBytes);

    public static Span<float> Row(Matrix matrix, int row) =>
        MemoryMarshal.Cast<byte, float>(((ReferenceBuffer)matrix.Buffer).Bytes).Slice((int)(matrix.Offset + ((long)row * matrix.Stride)), matrix.Columns);

    protected override void ReadCore(long offsetBytes, Span<byte> target) => Bytes.Slice((int)offsetBytes, target.Length).CopyTo(target);

    protected override void WriteCore(long offsetBytes, ReadOnlySpan<byte> source) => source.CopyTo(Bytes[(int)offsetBytes..]);

    protected override void Dispose(bool disposing) => _bytes = null;
}
