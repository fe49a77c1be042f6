namespace Winnow.Compute.Cpu;

/// <summary>
/// Asks Linux to back memory with pages of 2 MiB: rows of keys and values that lie far apart then cost no walks of page tables.
/// Elsewhere, and where the system refuses, nothing happens.
/// </summary>
internal static unsafe class HugePages
{
    /// <summary>The size of such a page on x64, and on Arm with small pages of 4 KiB.</summary>
    public const int SizeBytes = 2 << 20;

    /// <summary>Gives the advice for a part of the address space, before it is first touched.</summary>
    public static void Advise(void* address, nuint sizeBytes) => PageAdvice.Give((byte*)address, (long)sizeBytes, PageAdvice.HugePage);
}
