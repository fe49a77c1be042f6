using System.Runtime.InteropServices;
using Winnow.Cache;
using Winnow.Compute;
using Winnow.Compute.Cpu;

namespace Winnow.Tests.Cache;

public sealed class SequenceStateTests : IDisposable
{
    private static readonly StatePart[] Parts = [new(1, 3, 4), new(1, 10, 100), new(3, 1, 7)];

    /// <summary>Parts begin at multiples of 64 elements.</summary>
    private const int StateBytes = (64 + 1024 + 64) * sizeof(float);

    private readonly CpuDevice _device = new(new CpuDeviceOptions { Threads = 1 });

    public void Dispose() => _device.Dispose();

    [Fact]
    public void A_state_goes_back_to_the_newest_snapshot_that_is_not_too_new()
    {
        using SequenceState state = new(_device, Parts, mostSnapshots: 3);
        Assert.Equal(0, Value(state));
        foreach (int length in (int[])[10, 20, 30, 40])
        {
            Set(state, length);
            state.Keep(length);
        }

        Set(state, 45);
        Assert.Equal(5 * StateBytes, state.SizeBytesOn(0));
        Assert.Equal(40, state.SnapshotBefore(44));
        Assert.Equal(40, state.GoBack(44));
        Assert.Equal(40, Value(state));
        Assert.Equal(20, state.SnapshotBefore(29));
        Assert.Equal(20, state.GoBack(29));
        Assert.Equal(20, Value(state));
        Assert.Equal(3 * StateBytes, state.SizeBytesOn(0));

        // The snapshot after 10 tokens made room for that after 40: what is older begins anew.
        Assert.Equal(0, state.GoBack(19));
        Assert.Equal(0, Value(state));
        Assert.Throws<ArgumentOutOfRangeException>(() => state.Keep(0));
    }

    [Fact]
    public void What_a_pass_writes_is_the_state_once_it_has_ended()
    {
        using SequenceState state = new(_device, Parts);
        Set(state, 1);
        Write(state.Next, 2);
        Assert.Equal(1, Value(state));
        state.Advance();
        Assert.Equal(2, Value(state));
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
        Assert.Equal(StateBytes, stream.Length);
        Assert.Equal(StateBytes, state.StateBytes);
        using SequenceState other = new(_device, Parts, mostSnapshots: 1);
        Set(other, 5);
        other.Keep(5);
        stream.Position = 0;
        other.Load(stream);
        Assert.Equal(7, Value(other));
        Assert.Equal(0, other.GoBack(6));
        Set(other, 4);
        stream.SetLength(1000);
        stream.Position = 0;
        Assert.Throws<EndOfStreamException>(() => other.Load(stream));
        Assert.Equal(4, Value(other));
    }

    /// <summary>All elements of all parts are the value.</summary>
    private static void Set(SequenceState state, float value) => Write(state.Present, value);

    private static void Write(Func<int, int, Matrix> part, float value)
    {
        foreach (Matrix matrix in Matrices(part))
        {
            float[] values = [.. Enumerable.Repeat(value, matrix.Rows * matrix.Columns)];
            matrix.Buffer.Write(matrix.Offset * sizeof(float), MemoryMarshal.AsBytes(values.AsSpan()));
        }
    }

    private static float Value(SequenceState state)
    {
        List<float> all = [];
        foreach (Matrix matrix in Matrices(state.Present))
        {
            float[] values = new float[matrix.Rows * matrix.Columns];
            matrix.Buffer.Read(matrix.Offset * sizeof(float), MemoryMarshal.AsBytes(values.AsSpan()));
            all.AddRange(values);
        }

        Assert.Equal(Parts.Sum(part => part.Rows * part.Columns), all.Count);
        return Assert.Single(all.Distinct());
    }

    private static Matrix[] Matrices(Func<int, int, Matrix> part) => [part(1, 0), part(1, 1), part(3, 0)];
}
