using Winnow.Compute;

namespace Winnow.Vulkan.Tests;

public sealed class BufferTests
{
    [Fact]
    public void Bytes_come_back_whatever_their_number_and_place()
    {
        using VulkanDevice device = TestDevice.Open();
        byte[] bytes = Bytes((20 << 20) + 77);
        using DeviceBuffer buffer = device.Allocate(bytes.Length + 3);
        buffer.Write(3, bytes);
        foreach ((int offset, int count) in new[] { (0, 1), (3, bytes.Length), (4097, 5), (1, 2 << 20) })
        {
            byte[] expected = [.. new byte[3], .. bytes];
            byte[] found = new byte[count];
            buffer.Read(offset, found);
            Assert.True(expected.AsSpan(offset, count).SequenceEqual(found), $"{count} bytes at {offset}");
        }
    }

    [Theory]
    [InlineData(false)]
    [InlineData(true)]
    public void Memory_begins_as_zeros_even_where_somebody_wrote_before(bool inRam)
    {
        using VulkanDevice device = TestDevice.Open();
        byte[] bytes = Bytes(100_000);
        for (int i = 0; i < 3; i++)
        {
            using DeviceBuffer buffer = inRam ? device.AllocateInRam(bytes.Length) : device.Allocate(bytes.Length);
            byte[] found = new byte[bytes.Length];
            buffer.Read(0, found);
            Assert.All(found, value => Assert.Equal(0, value));
            buffer.Write(0, bytes);
        }
    }

    [Fact]
    public void Copies_come_after_what_was_written_and_before_what_is_written_next()
    {
        using VulkanDevice device = TestDevice.Open();
        using ComputeStream stream = device.CreateStream();
        Matrix source = device.AllocateMatrix(1, 1000);
        Matrix target = device.AllocateMatrix(1, 1000);
        stream.Write([.. Enumerable.Repeat(1f, 1000)], source);
        stream.Scale(source, 3);
        device.Copy(source.Buffer, 400, target.Buffer, 1200, 800);
        stream.Scale(source, 5);
        float[] found = new float[1000];
        target.Buffer.Read(0, System.Runtime.InteropServices.MemoryMarshal.AsBytes(found.AsSpan()));
        Assert.Equal([.. Enumerable.Range(0, 1000).Select(i => i is >= 300 and < 500 ? 3f : 0)], found);
        source.Buffer.Dispose();
        target.Buffer.Dispose();
    }

    [Fact]
    public void What_does_not_fit_is_refused_by_name()
    {
        using VulkanDevice device = TestDevice.Open();
        VulkanOutOfMemoryException error = Assert.Throws<VulkanOutOfMemoryException>(() => device.Allocate(1L << 45));
        Assert.Contains("vulkan:0 has no room for 33554432 MiB", error.Message, StringComparison.Ordinal);
        using DeviceBuffer still = device.Allocate(1000);
    }

    [Fact]
    public void Memory_that_is_given_back_is_used_again()
    {
        using VulkanDevice device = TestDevice.Open();
        long before = device.MemoryBytes;
        for (int i = 0; i < 200; i++)
        {
            using DeviceBuffer one = device.Allocate(1 << 20);
            using DeviceBuffer other = device.Allocate(100);
        }

        Assert.InRange(device.MemoryBytes, before, before + (8 << 20));
    }

    private static byte[] Bytes(int count)
    {
        byte[] bytes = new byte[count];
        new Random(count).NextBytes(bytes);
        return bytes;
    }
}
