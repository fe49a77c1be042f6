using Winnow.Compute;

namespace Winnow.Vulkan.Memory;

/// <summary>Bytes of device memory by their address: what an operation reads or writes.</summary>
/// <param name="Address">The first byte.</param>
/// <param name="Bytes">How many; 0 for nothing.</param>
internal readonly record struct MemoryRange(ulong Address, ulong Bytes)
{
    /// <summary>From the first element of a matrix to its last, gaps between rows included.</summary>
    public static MemoryRange Of(Matrix matrix)
    {
        long elements = matrix.Rows == 0 ? 0 : ((matrix.Rows - 1L) * matrix.Stride) + matrix.Columns;
        return new MemoryRange(AddressOf(matrix), (ulong)elements * sizeof(float));
    }

    /// <summary>All of a buffer.</summary>
    public static MemoryRange Of(VulkanBuffer buffer) => new(buffer.Address, (ulong)buffer.SizeBytes);

    /// <summary>Where element (0, 0) of a matrix lies.</summary>
    public static ulong AddressOf(Matrix matrix) => ((VulkanBuffer)matrix.Buffer).Address + ((ulong)matrix.Offset * sizeof(float));

    /// <summary>Whether the two share a byte.</summary>
    public bool Overlaps(MemoryRange other) => Address < other.Address + other.Bytes && other.Address < Address + Bytes;
}
