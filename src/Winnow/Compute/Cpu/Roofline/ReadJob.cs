using System.Numerics;
using System.Runtime.CompilerServices;

namespace Winnow.Compute.Cpu.Roofline;

/// <summary>Reads memory and does next to nothing with it: a task is one thread's part.</summary>
internal unsafe struct ReadJob
{
    public byte* Data;

    /// <summary>Bytes of a part: a multiple of a cache line.</summary>
    public long PartBytes;

    /// <summary>Where what was read goes, so that it is read.</summary>
    public ulong Sum;

    [MethodImpl(MethodImplOptions.AggressiveOptimization)]
    public static void Work(void* state, int task)
    {
        ReadJob* job = (ReadJob*)state;
        byte* end = job->Data + ((task + 1) * job->PartBytes);
        Vector<ulong> even = Vector<ulong>.Zero;
        Vector<ulong> odd = Vector<ulong>.Zero;
        for (byte* data = job->Data + (task * job->PartBytes); data < end; data += 2 * Vector<byte>.Count)
        {
            even += Vector.Load((ulong*)data);
            odd += Vector.Load((ulong*)(data + Vector<byte>.Count));
        }

        Interlocked.Add(ref job->Sum, Vector.Sum(even + odd));
    }
}
