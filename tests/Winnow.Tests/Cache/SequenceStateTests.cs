using Winnow.Cache;
using Winnow.Compute.Cpu;

namespace Winnow.Tests.Cache;

public sealed class SequenceStateTests : IDisposable
{
    private static readonly (string Name, long Bytes)[] Parts = [("conv", 12), ("recurrent", 1000)];

    private readonly CpuDevice _device = new(new CpuDeviceOptions { Threads = 1 });

    public void Dispose() => _device.Dispose();

    [Fact]
    public void A_state_goes_back_to_the_newest_snapshot_that_is_not_too_new()
    {
        using SequenceState state = new(_device, Parts, mostSnapshots: 3);
        Assert.Equal(0, Value(state));
        foreach (byte length in (byte[])[10, 20, 30, 40])
        {
            Set(state, length);
            state.Keep(length);
        }

        Set(state, 45);
        Assert.Equal(4 * 1012, state.SizeBytes);
        Assert.Equal(40, state.GoBack(44));
        Assert.Equal(40, Value(state));
        Assert.Equal(20, state.GoBack(29));
        Assert.Equal(20, Value(state));
        Assert.Equal(2 * 1012, state.SizeBytes);

        // The snapshot after 10 tokens made room for that after 40: what is older begins anew.
        Assert.Equal(0, state.GoBack(19));
        Assert.Equal(0, Value(state));
        Assert.Throws<ArgumentOutOfRangeException>(() => state.Keep(0));
    }

    [Fact]
    public void A_fork_has_a_state_and_snapshots_of_its_own()
    {
        using SequenceState state = new(_device, Parts, mostSnapshots: 4);
        Set(state, 1);
        state.Keep(1);
        Set(state, 2);
        using SequenceState fork = state.Fork();
        Set(state, 3);
        state.Keep(3);
        Assert.Equal(2, Value(fork));
        Set(fork, 9);
        Assert.Equal(1, fork.GoBack(5));
        Assert.Equal(1, Value(fork));
        Assert.Equal(3, state.GoBack(5));
        Assert.Equal(3, Value(state));
    }

    [Fact]
    public void A_saved_state_is_loaded_again()
    {
        using SequenceState state = new(_device, Parts, mostSnapshots: 1);
        Set(state, 7);
        using MemoryStream stream = new();
        state.Save(stream);
        Assert.Equal(1012, stream.Length);
        using SequenceState other = new(_device, Parts, mostSnapshots: 1);
        Set(other, 5);
        other.Keep(5);
        stream.Position = 0;
        other.Load(stream);
        Assert.Equal(7, Value(other));
        Assert.Equal(0, other.GoBack(6));
        stream.SetLength(1000);
        stream.Position = 0;
        Assert.Throws<EndOfStreamException>(() => other.Load(stream));
        Assert.Throws<ArgumentException>(() => state.Buffer("else"));
    }

    /// <summary>All bytes of both parts are the value.</summary>
    private static void Set(SequenceState state, byte value)
    {
        foreach ((string name, long bytes) in Parts)
        {
            state.Buffer(name).Write(0, [.. Enumerable.Repeat(value, (int)bytes)]);
        }
    }

    private static int Value(SequenceState state)
    {
        List<byte> all = [];
        foreach ((string name, long bytes) in Parts)
        {
            byte[] part = new byte[bytes];
            state.Buffer(name).Read(0, part);
            all.AddRange(part);
        }

        return Assert.Single(all.Distinct());
    }
}
