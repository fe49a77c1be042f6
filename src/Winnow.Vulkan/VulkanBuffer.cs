using Winnow.Compute;
using Winnow.Vulkan.Commands;
using Winnow.Vulkan.Memory;
using Winnow.Vulkan.Native;

namespace Winnow.Vulkan;

/// <summary>Memory that shaders reach by its address.</summary>
internal sealed unsafe class VulkanBuffer : DeviceBuffer
{
    private readonly VulkanContext _context;
    private readonly MemoryKind _kind;
    private readonly MemorySlice _slice;
    private bool _disposed;

    /// <summary>Takes memory.</summary>
    /// <param name="context">Whose memory.</param>
    /// <param name="sizeBytes">How much.</param>
    /// <param name="kind">Which memory.</param>
    /// <param name="clears">Whether it begins as zeros; otherwise what it holds is not defined.</param>
    /// <exception cref="VulkanOutOfMemoryException">There is not that much.</exception>
    public VulkanBuffer(VulkanContext context, long sizeBytes, MemoryKind kind = MemoryKind.Device, bool clears = true)
        : base(sizeBytes)
    {
        _context = context;
        _kind = kind;
        using CommandRecorder.Operation operation = context.Commands.Begin();
        _slice = context.Pool(kind).Take((ulong)sizeBytes);
        if (clears)
        {
            context.Commands.Clear(_slice);
        }
    }

    private VulkanBuffer(VulkanContext context, long sizeBytes, MemorySlice slice)
        : base(sizeBytes)
    {
        _context = context;
        _kind = MemoryKind.Device;
        _slice = slice;
    }

    /// <summary>Makes memory of the host readable by shaders where it lies.</summary>
    /// <param name="context">The device.</param>
    /// <param name="data">The first byte. The bytes must stay until the buffer is disposed, and nobody may change them.</param>
    /// <param name="sizeBytes">How many.</param>
    /// <returns>The buffer; null where the device or its driver cannot.</returns>
    public static VulkanBuffer? TryImport(VulkanContext context, byte* data, long sizeBytes)
    {
        using CommandRecorder.Operation operation = context.Commands.Begin();
        return context.Pool(MemoryKind.Device).TryImport(data, (ulong)sizeBytes) is { } slice ? new VulkanBuffer(context, sizeBytes, slice) : null;
    }

    /// <summary>Where shaders see the first byte: a multiple of 256, or of 16 where it lies in memory of the host.</summary>
    public ulong Address => Slice.Address;

    /// <summary>The memory itself.</summary>
    /// <exception cref="ObjectDisposedException">It was given back.</exception>
    public MemorySlice Slice
    {
        get
        {
            ObjectDisposedException.ThrowIf(_disposed, this);
            return _slice;
        }
    }

    /// <summary>Writes bytes of memory that no command uses yet, without a copy where the host can reach it: for weights.</summary>
    public void Fill(ReadOnlySpan<byte> source)
    {
        if (_slice.Mapped is null)
        {
            Write(0, source);
            return;
        }

        // The slice may have belonged to somebody whose commands still run.
        _context.Commands.WaitForAll();
        source.CopyTo(new Span<byte>(_slice.Mapped, source.Length));
    }

    protected override void ReadCore(long offsetBytes, Span<byte> target) =>
        Readback.Read(_context, Slice, (ulong)offsetBytes, target);

    protected override void WriteCore(long offsetBytes, ReadOnlySpan<byte> source)
    {
        while (source.Length > 0)
        {
            ReadOnlySpan<byte> piece = source[..Math.Min(source.Length, StagingRing.LargestPiece)];
            using (CommandRecorder.Operation operation = _context.Commands.Begin())
            {
                _context.Commands.Copy(_context.Commands.Stage(piece), 0, Slice, (ulong)offsetBytes, (ulong)piece.Length);
            }

            offsetBytes += piece.Length;
            source = source[piece.Length..];
        }
    }

    protected override void Dispose(bool disposing)
    {
        if (!_disposed)
        {
            _disposed = true;
            _context.Commands.Release(_kind, _slice);
        }
    }
}
