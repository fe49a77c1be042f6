using Winnow.Compute;
using Winnow.Tensors;

namespace Winnow.Vulkan;

/// <summary>A weight in its stored type, row-major, on the device.</summary>
internal sealed class VulkanWeight(string name, TensorType type, int outputs, int inputs, VulkanBuffer data) : Weight(name, type, outputs, inputs)
{
    /// <summary>The rows, each <c>Type.SizeBytes(Inputs)</c> long.</summary>
    public VulkanBuffer Data => data;

    protected override void Dispose(bool disposing) => data.Dispose();
}
