using Winnow.Compute.Cpu;
using Winnow.Tests.Formats;

namespace Winnow.Tests.Compute.Cpu;

public sealed class PhysicalCoresTests : IDisposable
{
    private readonly TemporaryFolder _folder = new();

    public void Dispose() => _folder.Dispose();

    [Fact]
    public void Hardware_threads_of_one_core_count_once()
    {
        string[] siblings = ["0,4", "1,5", "2", "3", "0,4", "1,5"];
        for (int cpu = 0; cpu < siblings.Length; cpu++)
        {
            string topology = _folder.PathOf($"cpu{cpu}/topology");
            Directory.CreateDirectory(topology);
            File.WriteAllText(Path.Combine(topology, "thread_siblings_list"), siblings[cpu] + "\n");
        }

        Assert.Equal(4, PhysicalCores.CountLinux(_folder.Root));
    }

    [Fact]
    public void Without_a_list_of_siblings_nothing_is_counted() => Assert.Null(PhysicalCores.CountLinux(_folder.Root));

    [Fact]
    public void A_device_has_a_thread_for_each_core_unless_it_is_told_how_many()
    {
        using CpuDevice device = new();
        Assert.Equal(PhysicalCores.Count, device.Pool.Threads);
        Assert.InRange(PhysicalCores.Count, 1, Environment.ProcessorCount);
    }
}
