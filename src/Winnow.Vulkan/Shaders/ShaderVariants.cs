using Winnow.Vulkan.Memory;
using Winnow.Vulkan.Native;
using Winnow.Vulkan.Products;

namespace Winnow.Vulkan.Shaders;

/// <summary>Which shaders stand for the plain ones on a device: those that it offers the features for and that computed right when they were tried.</summary>
internal sealed class ShaderVariants(VulkanContext context)
{
    private readonly Lock _gate = new();
    private bool _isTried;

    /// <summary>Whether sums of a workgroup go through subgroups. They have the same bits.</summary>
    public bool UsesSubgroups { get; set; }

    /// <summary>Whether products and attention of prompts take fragments of matrices (VK_KHR_cooperative_matrix). They round operands to f16.</summary>
    public bool UsesFragments { get; private set; }

    /// <summary>Whether products of many rows take matrices of whole workgroups (VK_NV_cooperative_matrix2). They have the bits of fragments.</summary>
    public bool UsesTensors { get; set; }

    /// <summary>Whether products of steps with quantized weights are made of bytes: activations are rounded to them in blocks of 32.</summary>
    public bool UsesIntegers { get; set; }

    /// <summary>Threads of a workgroup with fragments: four subgroups.</summary>
    public uint FragmentThreads => 4 * (uint)context.Adapter.SubgroupSize;

    /// <summary>Tries once what the device offers; a later start believes what was found, until driver or shaders change.</summary>
    public void Try(VulkanDevice device)
    {
        lock (_gate)
        {
            if (_isTried)
            {
                return;
            }

            _isTried = true;
            UsesSubgroups = context.Adapter.HasSubgroups
                && Passes("subgroups", () => VariantTrial.SubgroupsPass(device, this), "product_vector_subgroup");
            UsesIntegers = context.Adapter is { HasIntegerDots: true, HasFastIntegerDots: true }
                && Passes("integers", () => VariantTrial.IntegersPass(device, this), "product_vector_dot", "quantize");
            UsesFragments = context.Adapter.HasCooperativeMatrices && Passes(
                "fragments",
                () =>
                {
                    UsesFragments = true;
                    return VariantTrial.FragmentsPass(device);
                },
                "product_matrix_cooperative",
                "attend_prompt_cooperative");
            UsesTensors = UsesFragments && context.Adapter.HasWorkgroupMatrices && context.Commands.FreeBytes(MemoryKind.Device) >= TensorProducts.LeastFreeBytes
                && Passes("tensors", () => VariantTrial.TensorsPass(device, this), "product_matrix_tensor", "halves");
        }
    }

    private bool Passes(string name, Func<bool> trial, params ReadOnlySpan<string> shaders)
    {
        using TrialRecord record = TrialRecord.Open(CacheFolder.PathOf(context.Adapter, name), TrialRecord.HashOf(shaders));
        if (record.Found is { } isRight)
        {
            return isRight;
        }

        record.Begin();
        try
        {
            isRight = trial();
        }
        catch (WinnowException)
        {
            // A driver that cannot compile what it offers.
            isRight = false;
        }

        record.End(isRight);
        return isRight;
    }
}
