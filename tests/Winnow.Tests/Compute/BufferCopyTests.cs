using Winnow.Compute;
using Winnow.Compute.Cpu;
using Winnow.Tests.Compute.Reference;

namespace Winnow.Tests.Compute;

public sealed class BufferCopyTests
{
    /// <summary>The processor copies by itself, the reference device through host memory.</summary>
    [Theory]
    [InlineData(true)]
    [InlineData(false)]
    public void Bytes_are_copied_between_buffers(bool isCpu)
    {
        using Device device = isCpu ? new CpuDevice(new CpuDeviceOptions { Threads = 1 }) : new ReferenceDevice();
        byte[] bytes = new byte[(3 << 20) + 77];
        new Random(1).NextBytes(bytes);
        using DeviceBuffer source = device.Allocate(bytes.Length);
        using DeviceBuffer target = device.Allocate(bytes.Length + 10);
        source.Write(0, bytes);
        foreach ((int from, int to, int count) in new[] { (0, 10, bytes.Length), (5, 0, 1), (7, 3, 0), (1000, 2, (2 << 20) + 1) })
        {
            byte[] expected = new byte[target.SizeBytes];
            target.Read(0, expected);
            bytes.AsSpan(from, count).CopyTo(expected.AsSpan(to));
            device.Copy(source, from, target, to, count);
            byte[] found = new byte[target.SizeBytes];
            target.Read(0, found);
            Assert.True(expected.AsSpan().SequenceEqual(found));
        }

        Assert.Throws<ArgumentOutOfRangeException>(() => device.Copy(source, 1, target, 0, bytes.Length));
        Assert.Throws<ArgumentOutOfRangeException>(() => device.Copy(source, 0, target, 11, bytes.Length));
        Assert.Throws<ArgumentOutOfRangeException>(() => device.Copy(source, -1, target, 0, 1));
    }
}
