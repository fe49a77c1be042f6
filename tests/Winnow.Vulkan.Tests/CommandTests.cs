using Winnow.Compute;
using Winnow.Vulkan.Commands;
using Winnow.Vulkan.Memory;

namespace Winnow.Vulkan.Tests;

public sealed class CommandTests
{
    [Fact]
    public void A_barrier_stands_where_bytes_are_touched_again_and_nowhere_else()
    {
        HazardTracker hazards = new(waitsAlways: false);
        MemoryRange a = new(1000, 100);
        MemoryRange b = new(1100, 100);
        MemoryRange acrossBoth = new(1099, 2);
        Assert.False(hazards.Note([], [a]));
        Assert.False(hazards.Note([b], []));
        Assert.False(hazards.Note([b], []));
        Assert.True(hazards.Note([a], []), "read after write");
        Assert.False(hazards.Note([a], []));
        Assert.True(hazards.Note([], [acrossBoth]), "write after read");
        Assert.True(hazards.Note([], [b]), "write after write");
        Assert.False(hazards.Note([a], []));
        Assert.True(hazards.Note([acrossBoth], []), "read after write");
    }

    [Fact]
    public void What_was_settled_is_waited_for_once()
    {
        HazardTracker hazards = new(waitsAlways: false);
        Assert.False(hazards.Note([], [new MemoryRange(1000, 100)]));
        hazards.Settle();
        Assert.True(hazards.Note([], [new MemoryRange(2000, 100)]));
        Assert.False(hazards.Note([], [new MemoryRange(3000, 100)]));
    }

    [Fact]
    public void Many_ranges_without_a_barrier_end_in_one()
    {
        HazardTracker hazards = new(waitsAlways: false);
        Assert.Contains(true, Enumerable.Range(0, 1000).Select(i => hazards.Note([], [new MemoryRange((ulong)i * 64, 64)])));
    }

    [Fact]
    public void Independent_operations_share_a_barrier()
    {
        Assert.SkipWhen(VulkanSettings.Order == CommandOrder.OneByOne, "every command waits");
        using VulkanDevice device = TestDevice.Open();
        using ComputeStream stream = device.CreateStream();
        Matrix[] matrices = [.. Enumerable.Range(0, 8).Select(_ => device.AllocateMatrix(4, 100))];
        stream.Wait();
        long before = device.Context.Commands.Barriers;
        foreach (Matrix matrix in matrices)
        {
            stream.Scale(matrix, 2);
        }

        Assert.InRange(device.Context.Commands.Barriers - before, 1, 1);
        Array.ForEach(matrices, matrix => matrix.Buffer.Dispose());
    }

    [Fact]
    public void Streams_of_several_threads_do_not_disturb_each_other()
    {
        using VulkanDevice device = TestDevice.Open();
        Parallel.For(0, 4, thread =>
        {
            using ComputeStream stream = device.CreateStream();
            Matrix values = device.AllocateMatrix(3, 1000);
            Matrix ones = device.AllocateMatrix(1, 1000);
            stream.Write([.. Enumerable.Repeat(1f, 1000)], ones);
            float[] found = new float[3000];
            for (int round = 1; round <= 100; round++)
            {
                stream.Add(values, ones, thread);
                stream.Rope(values, 100, new RopeFrequencies([0f], interleaved: false), [0, 0, 0]);
                if (round % 10 == 0)
                {
                    stream.Read(values, found);
                    Assert.All(found, value => Assert.Equal(round * thread, value));
                }
            }

            values.Buffer.Dispose();
            ones.Buffer.Dispose();
        });
    }

    [Fact]
    public void A_long_row_of_operations_needs_no_wait()
    {
        using VulkanDevice device = TestDevice.Open();
        using ComputeStream stream = device.CreateStream();
        Matrix values = device.AllocateMatrix(1, 10);
        Matrix one = device.AllocateMatrix(1, 1);
        stream.Write([1], one);
        long before = device.Context.Commands.Waits;
        for (int i = 0; i < 3000; i++)
        {
            stream.Add(values.ColumnSlice(i % 10, 1), one);
        }

        Assert.Equal(before, device.Context.Commands.Waits);
        float[] found = new float[10];
        stream.Read(values, found);
        Assert.All(found, value => Assert.Equal(300, value));
        values.Buffer.Dispose();
        one.Buffer.Dispose();
    }

    [Fact]
    public void Recording_allocates_nothing()
    {
        Assert.SkipWhen(VulkanSettings.Order == CommandOrder.Reversed, "what is held back is kept in managed memory");
        using VulkanDevice device = TestDevice.Open();
        using ComputeStream stream = device.CreateStream();
        Matrix values = device.AllocateMatrix(2, 64);
        Matrix weight = device.AllocateMatrix(1, 64);
        RopeFrequencies rope = new([1, 0.5f], interleaved: true);
        float[] host = new float[128];
        long least = long.MaxValue;
        for (int round = 0; round < 5; round++)
        {
            long before = GC.GetAllocatedBytesForCurrentThread();
            for (int i = 0; i < 50; i++)
            {
                stream.RmsNorm(values, weight, 1e-5f, values);
                stream.Rope(values, 64, rope, [5, 6]);
                stream.Gate(Activation.Silu, values, values, values);
                stream.Read(values, host);
            }

            least = Math.Min(least, GC.GetAllocatedBytesForCurrentThread() - before);
        }

        Assert.Equal(0, least);
        values.Buffer.Dispose();
        weight.Buffer.Dispose();
    }
}
