using Winnow.Cache;
using Winnow.Compute;
using Winnow.Compute.Cpu;
using Winnow.Tensors;

namespace Winnow.Tests.Cache;

public sealed class KvPiecesTests
{
    [Theory]
    [InlineData(1 << 30, 2)]
    [InlineData(10_000, 5)]
    public void Pages_that_follow_each_other_are_one_piece(int largest, int pieces)
    {
        using CpuDevice device = new(new CpuDeviceOptions { Threads = 1 });
        KvLayout layout = new(1, 32, TensorType.F16);
        using DeviceBuffer buffer = device.Allocate(10 * layout.PageBytes);
        byte[] bytes = new byte[buffer.SizeBytes];
        new Random(2).NextBytes(bytes);
        buffer.Write(0, bytes);
        KvLayer layer = new(layout);
        List<byte> expected = [];
        foreach (int page in new[] { 4, 5, 6, 0, 1, 9 })
        {
            layer.Whole.Add(new KvPage(buffer, page * layout.PageBytes));
            expected.AddRange(bytes.AsSpan(page * (int)layout.PageBytes, (int)layout.PageBytes));
        }

        // The last page is not asked for.
        List<(KvPage Start, int Length)> found = [.. KvPieces.Of(layer, 5, largest)];
        Assert.Equal(pieces, found.Count);
        Assert.Equal(expected[..(5 * (int)layout.PageBytes)], found.SelectMany(piece => Read(piece.Start, piece.Length)));
    }

    private static byte[] Read(KvPage start, int length)
    {
        byte[] bytes = new byte[length];
        start.Buffer.Read(start.OffsetBytes, bytes);
        return bytes;
    }
}
