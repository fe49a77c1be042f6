using Winnow.Vulkan.Native;

namespace Winnow.Vulkan.Memory;

/// <summary>Memory of a stream for what lies between the commands of one operation: grows to the largest so far and is kept.</summary>
internal sealed class ScratchMemory(VulkanContext context) : IDisposable
{
    private VulkanBuffer? _buffer;

    /// <summary>A buffer of at least so many bytes; what it holds is not defined.</summary>
    public VulkanBuffer Reserve(long bytes)
    {
        if (_buffer is null || _buffer.SizeBytes < bytes)
        {
            _buffer?.Dispose();
            _buffer = new VulkanBuffer(context, Math.Max(bytes, 256), clears: false);
        }

        return _buffer;
    }

    public void Dispose() => _buffer?.Dispose();
}
