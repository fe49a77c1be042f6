using System.Collections.Concurrent;
using System.Runtime.CompilerServices;
using Winnow.Compute;
using Winnow.DeviceTests.Reference;

namespace Winnow.DeviceTests;

/// <summary>What every device must do, operation by operation, against the reference device. A device joins by deriving each suite.</summary>
public abstract class OperationTests
{
    /// <summary>What the reference yields for each case: the suites of several devices ask for the same.</summary>
    private static readonly ConcurrentDictionary<string, float[]> References = new();

    /// <summary>A driver that computes on the processor takes its time: not every case of one kind is tried with every case of another.</summary>
    protected virtual bool IsSlow => false;

    /// <summary>Creates the device under test, or skips where this machine has none.</summary>
    private protected abstract Device CreateDevice(int threads);

    /// <summary>Every case of one kind with every case of another; on a slow device each case once or more, each time beside the next of the other kind.</summary>
    /// <param name="first">Cases of one kind.</param>
    /// <param name="second">Cases of another.</param>
    /// <param name="shift">Where a slow device begins in the second list: other numbers give other pairs.</param>
    private protected IEnumerable<(T First, TOther Second)> Pairs<T, TOther>(IReadOnlyList<T> first, IReadOnlyList<TOther> second, int shift) => IsSlow
        ? Enumerable.Range(0, Math.Max(first.Count, second.Count)).Select(i => (first[i % first.Count], second[(i + shift) % second.Count]))
        : first.SelectMany(one => second.Select(other => (one, other)));

    /// <summary>Runs a scenario on the device and on the reference and compares what it returns.</summary>
    /// <param name="what">Names the case in a failure; different for each scenario of a test.</param>
    /// <param name="tolerance">Largest difference allowed, times 1 + the magnitude of the value.</param>
    /// <param name="scenario">Called once for each device, with operands of the same random values.</param>
    /// <param name="test">Filled in by the compiler.</param>
    private protected void Compare(string what, double tolerance, Func<Operands, float[]> scenario, [CallerMemberName] string test = "")
    {
        using Device device = CreateDevice(2);
        float[] expected = References.GetOrAdd($"{test}: {what}", _ =>
        {
            using ReferenceDevice reference = new();
            return Run(reference, what, scenario);
        });
        float[] actual = Run(device, what, scenario);
        Assert.Equal(expected.Length, actual.Length);
        for (int i = 0; i < expected.Length; i++)
        {
            if (!(Math.Abs(expected[i] - actual[i]) <= tolerance * (1 + Math.Abs(expected[i]))))
            {
                Assert.Fail($"{what}: element {i} is {actual[i]:R}, the reference has {expected[i]:R}");
            }
        }
    }

    /// <summary>Runs two scenarios on the device and expects the same bits.</summary>
    private protected void CompareBits(string what, Func<Operands, float[]> one, Func<Operands, float[]> other, int threads = 2, int otherThreads = 2)
    {
        using Device device = CreateDevice(threads);
        using Device otherDevice = CreateDevice(otherThreads);
        int[] expected = Array.ConvertAll(Run(device, what, one), BitConverter.SingleToInt32Bits);
        int[] actual = Array.ConvertAll(Run(otherDevice, what, other), BitConverter.SingleToInt32Bits);
        Assert.True(expected.AsSpan().SequenceEqual(actual), $"{what}: bits differ");
    }

    private static float[] Run(Device device, string seed, Func<Operands, float[]> scenario)
    {
        using Operands operands = new(device, Seed(seed));
        return scenario(operands);
    }

    /// <summary>The same in every run, unlike <see cref="string.GetHashCode()"/>.</summary>
    private static int Seed(string text) => text.Aggregate(17, (seed, letter) => (seed * 31) + letter);
}
