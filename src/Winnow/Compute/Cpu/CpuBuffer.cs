using System.Runtime.InteropServices;

namespace Winnow.Compute.Cpu;

/// <summary>Zeroed host memory, aligned to cache lines, or a scratch file that is mapped into it.</summary>
internal sealed unsafe class CpuBuffer : DeviceBuffer
{
    /// <summary>A cache line, and the width of the widest vector.</summary>
    public const int Alignment = 64;

    private readonly ScratchFile? _file;

    /// <summary>What the system gave, in which the data begin at a multiple of a large page; null for a block of the heap.</summary>
    private readonly void* _block;
    private readonly nuint _blockBytes;

    /// <exception cref="WinnowException">The system has not that much memory.</exception>
    public CpuBuffer(long sizeBytes)
        : base(sizeBytes)
    {
        // Whole vectors may be read past the last element; never past the allocation.
        nuint padded = checked((nuint)(sizeBytes + (2 * Alignment) - 1)) & ~(nuint)(Alignment - 1);
        if (padded >= SystemMemory.LeastBytes)
        {
            // A block of the system is zero already.
            bool isLarge = padded >= 2 * HugePages.SizeBytes;
            nuint slack = isLarge ? (nuint)HugePages.SizeBytes : 0;
            _blockBytes = padded + slack;
            _block = SystemMemory.Allocate(_blockBytes);
            if (_block is null)
            {
                throw Refused(sizeBytes, null);
            }

            Data = isLarge ? (byte*)(((nuint)_block + slack - 1) & ~(slack - 1)) : (byte*)_block;
            if (isLarge)
            {
                HugePages.Advise(Data, padded);
            }
        }
        else
        {
            try
            {
                Data = (byte*)NativeMemory.AlignedAlloc(padded, Alignment);
            }
            catch (OutOfMemoryException e)
            {
                throw Refused(sizeBytes, e);
            }

            NativeMemory.Clear(Data, padded);
        }

        GC.AddMemoryPressure(sizeBytes);
    }

    /// <summary>Takes a file over; its last <see cref="ScratchFile.TailBytes"/> are not part of the buffer.</summary>
    public CpuBuffer(ScratchFile file)
        : base(file.SizeBytes - ScratchFile.TailBytes)
    {
        _file = file;
        Data = file.Data;
    }

    ~CpuBuffer() => Dispose(disposing: false);

    /// <summary>The first byte.</summary>
    public byte* Data { get; private set; }

    /// <summary>The first element of a matrix that lives in host memory.</summary>
    public static float* Of(Matrix matrix)
    {
        byte* data = ((CpuBuffer)matrix.Buffer).Data;
        ObjectDisposedException.ThrowIf(data is null, matrix.Buffer);
        return (float*)data + matrix.Offset;
    }

    /// <summary>Copies bytes that lie inside both.</summary>
    public static void Copy(CpuBuffer source, long sourceOffset, CpuBuffer target, long targetOffset, long bytes)
    {
        ObjectDisposedException.ThrowIf(source.Data is null, source);
        ObjectDisposedException.ThrowIf(target.Data is null, target);
        Buffer.MemoryCopy(source.Data + sourceOffset, target.Data + targetOffset, bytes, bytes);
    }

    private static WinnowException Refused(long sizeBytes, OutOfMemoryException? cause)
    {
        string message = $"{sizeBytes:N0} bytes of memory are needed, but the system does not give them";
        return cause is null ? new WinnowException(message) : new WinnowException(message, cause);
    }

    protected override void ReadCore(long offsetBytes, Span<byte> target)
    {
        ObjectDisposedException.ThrowIf(Data is null, this);
        new ReadOnlySpan<byte>(Data + offsetBytes, target.Length).CopyTo(target);
    }

    protected override void WriteCore(long offsetBytes, ReadOnlySpan<byte> source)
    {
        ObjectDisposedException.ThrowIf(Data is null, this);
        source.CopyTo(new Span<byte>(Data + offsetBytes, source.Length));
    }

    protected override void Dispose(bool disposing)
    {
        if (Data is null)
        {
            return;
        }

        if (_file is null)
        {
            if (_block is null)
            {
                NativeMemory.AlignedFree(Data);
            }
            else
            {
                SystemMemory.Free(_block, _blockBytes);
            }

            GC.RemoveMemoryPressure(SizeBytes);
        }
        else if (disposing)
        {
            // A finalizer may find the file finalized already; it takes care of itself.
            _file.Dispose();
        }

        Data = null;
    }
}
