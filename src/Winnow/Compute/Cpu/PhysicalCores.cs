using System.Globalization;

namespace Winnow.Compute.Cpu;

/// <summary>Counts the cores that compute: hardware threads that share a core share its vector units, and their spinning slows each other.</summary>
internal static class PhysicalCores
{
    /// <summary>Cores that this process may use; logical processors where the system does not tell them apart.</summary>
    public static int Count { get; } = Math.Min(Environment.ProcessorCount, CountLinux("/sys/devices/system/cpu") ?? int.MaxValue);

    /// <summary>Counts the distinct groups of siblings that Linux lists; null where it lists none.</summary>
    /// <param name="folder">The folder with an entry for each logical processor.</param>
    internal static int? CountLinux(string folder)
    {
        try
        {
            HashSet<string> cores = [];
            for (int cpu = 0; ; cpu++)
            {
                string path = Path.Combine(folder, string.Create(CultureInfo.InvariantCulture, $"cpu{cpu}"));
                if (!Directory.Exists(path))
                {
                    return cores.Count == 0 ? null : cores.Count;
                }

                // Absent where the processor is switched off.
                string siblings = Path.Combine(path, "topology", "thread_siblings_list");
                if (File.Exists(siblings))
                {
                    cores.Add(File.ReadAllText(siblings));
                }
            }
        }
        catch (Exception e) when (e is IOException or UnauthorizedAccessException)
        {
            return null;
        }
    }
}
