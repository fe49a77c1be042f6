using System.Diagnostics;

namespace Winnow.Cli.Output;

/// <summary>How much memory the process has held at most.</summary>
internal static class PeakMemory
{
    /// <summary>The peak resident set in bytes, mapped weights that were touched included.</summary>
    public static long Bytes()
    {
        using Process process = Process.GetCurrentProcess();
        return process.PeakWorkingSet64;
    }
}
