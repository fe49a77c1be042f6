using System.Runtime.InteropServices;

namespace Winnow.Compute.Cpu.MatMul.Jobs;

/// <summary>Neighbouring tasks of a <see cref="MatMulJob"/>, in a cache line of their own.</summary>
[StructLayout(LayoutKind.Sequential, Size = 64)]
internal struct MatMulShare
{
    /// <summary>The next unclaimed task.</summary>
    public int Next;

    public int End;
}
