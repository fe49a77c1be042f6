using Winnow.Compute;
using Winnow.Tensors;

namespace Winnow.Vulkan.Products;

/// <summary>The same weight of all experts of a layer, one after the other, each row-major in its stored type.</summary>
internal sealed class VulkanExpertMatrix(string name, TensorType type, int count, int outputs, int inputs, VulkanBuffer data)
    : ExpertMatrix(name, type, count, outputs, inputs)
{
    /// <summary>The experts, <see cref="ExpertBytes"/> apart.</summary>
    public VulkanBuffer Data => data;

    /// <summary>Bytes from one expert to the next.</summary>
    public long ExpertBytes => Type.SizeBytes((long)Outputs * Inputs);

    protected override void Dispose(bool disposing) => data.Dispose();
}
