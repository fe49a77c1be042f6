using Winnow.Compute.Cpu;

namespace Winnow.Tests.Compute.Cpu;

public unsafe class CpuBufferTests
{
    [Theory]
    [InlineData(1)]
    [InlineData(1000)]
    [InlineData((1 << 20) - 64)]
    [InlineData(1 << 20)]
    [InlineData((4 << 20) + 1)]
    [InlineData(33 << 20)]
    public void A_buffer_is_zero_aligned_and_readable_a_vector_past_its_end(int size)
    {
        for (int round = 0; round < 2; round++)
        {
            using CpuBuffer buffer = new(size);
            Assert.Equal(0u, (nuint)buffer.Data % CpuBuffer.Alignment);
            Assert.Equal(-1, new ReadOnlySpan<byte>(buffer.Data, size + CpuBuffer.Alignment).IndexOfAnyExcept((byte)0));
            new Span<byte>(buffer.Data, size).Fill(1);
        }
    }

    [Fact]
    public void More_memory_than_there_is_is_a_typed_error() =>
        Assert.Contains("bytes of memory are needed", Assert.Throws<WinnowException>(() => new CpuBuffer(1L << 50)).Message, StringComparison.Ordinal);

    /// <summary>Small buffers that stay in between kept all of it in the C library's heap.</summary>
    [Fact]
    public void What_a_large_buffer_held_is_no_part_of_the_address_space_any_more()
    {
        Assert.SkipUnless(SystemCalls.Linux, "reads /proc");
        List<CpuBuffer> small = [];
        List<CpuBuffer> large = [];
        for (int i = 0; i < 64; i++)
        {
            large.Add(new CpuBuffer(5 << 20));
            small.Add(new CpuBuffer(2048));
        }

        long[] places = [.. large.Select(buffer => (long)buffer.Data)];
        Assert.Equal(64, Mapped(places));
        large.ForEach(buffer => buffer.Dispose());

        // Others of this process may have been given some of the places meanwhile.
        Assert.InRange(Mapped(places), 0, 32);
        small.ForEach(buffer => buffer.Dispose());
    }

    /// <summary>How many of some addresses can be read.</summary>
    private static int Mapped(long[] places)
    {
        (long First, long End)[] ranges =
        [
            .. File.ReadLines("/proc/self/maps").Select(line => line.Split(' ')[0].Split('-'))
                .Select(range => (Convert.ToInt64(range[0].Length > 15 ? "0" : range[0], 16), Convert.ToInt64(range[1].Length > 15 ? "0" : range[1], 16)))
        ];
        return places.Count(place => ranges.Any(range => place >= range.First && place < range.End));
    }
}
