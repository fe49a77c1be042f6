using Winnow.Compute;
using Winnow.Tensors;

namespace Winnow.Vulkan;

/// <summary>A weight in its stored type, row-major, on the device.</summary>
internal sealed class VulkanWeight(string name, TensorType type, int outputs, int inputs, VulkanBuffer data) : Weight(name, type, outputs, inputs)
{
    /// <summary>What shaders/include/decode.glsl decodes.</summary>
    private static readonly HashSet<TensorType> Decoded =
    [
        TensorType.F32, TensorType.F16, TensorType.BF16, TensorType.Q4_0, TensorType.Q4_1, TensorType.Q5_0, TensorType.Q5_1, TensorType.Q8_0,
        TensorType.Q2_K, TensorType.Q3_K, TensorType.Q4_K, TensorType.Q5_K, TensorType.Q6_K,
        TensorType.IQ4_NL, TensorType.IQ4_XS, TensorType.IQ3_S, TensorType.IQ2_S, TensorType.MXFP4,
    ];

    /// <summary>Whether shaders multiply with a type.</summary>
    public static bool IsSupported(TensorType type) => Decoded.Contains(type);

    /// <exception cref="NotSupportedException">There are no shaders for the type.</exception>
    public static void Require(TensorType type)
    {
        if (!IsSupported(type))
        {
            throw new NotSupportedException($"there are no shaders for weights of type {type}; there are for {string.Join(", ", Decoded.Order())}");
        }
    }

    /// <summary>The rows, each <c>Type.SizeBytes(Inputs)</c> long.</summary>
    public VulkanBuffer Data => data;

    protected override void Dispose(bool disposing) => data.Dispose();
}
