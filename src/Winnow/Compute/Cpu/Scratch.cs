using System.Runtime.InteropServices;

namespace Winnow.Compute.Cpu;

/// <summary>Native memory that grows and keeps no contents.</summary>
internal sealed unsafe class Scratch : IDisposable
{
    private byte* _data;
    private long _sizeBytes;

    ~Scratch() => Free();

    /// <summary>At least that many bytes, aligned to cache lines; what an earlier call returned is no longer valid.</summary>
    public byte* Reserve(long sizeBytes)
    {
        if (sizeBytes > _sizeBytes)
        {
            Free();
            _data = (byte*)NativeMemory.AlignedAlloc(checked((nuint)sizeBytes), CpuBuffer.Alignment);
            _sizeBytes = sizeBytes;
        }

        return _data;
    }

    public void Dispose()
    {
        Free();
        GC.SuppressFinalize(this);
    }

    private void Free()
    {
        NativeMemory.AlignedFree(_data);
        _data = null;
        _sizeBytes = 0;
    }
}
