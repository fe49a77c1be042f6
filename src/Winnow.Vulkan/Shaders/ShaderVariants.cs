using Winnow.Vulkan.Native;

namespace Winnow.Vulkan.Shaders;

/// <summary>Which shaders stand for the plain ones on a device: those that it offers the features for and that computed right when they were tried.</summary>
internal sealed class ShaderVariants(VulkanContext context)
{
    private readonly Lock _gate = new();
    private bool _isTried;

    /// <summary>Whether products and attention of prompts take fragments of matrices (VK_KHR_cooperative_matrix). They round operands to f16.</summary>
    public bool UsesFragments { get; private set; }

    /// <summary>Threads of a workgroup with fragments: four subgroups.</summary>
    public uint FragmentThreads => 4 * (uint)context.Adapter.SubgroupSize;

    /// <summary>Tries once what the device offers; a later start believes what was found, until driver or shaders change.</summary>
    public void Try(VulkanDevice device)
    {
        lock (_gate)
        {
            if (_isTried || !context.Adapter.HasCooperativeMatrices)
            {
                return;
            }

            _isTried = true;
            using TrialRecord record = TrialRecord.Open(CacheFolder.PathOf(context.Adapter, "trial"), TrialRecord.HashOf("product_matrix_cooperative", "attend_prompt_cooperative"));
            if (record.Found is { } isRight)
            {
                UsesFragments = isRight;
                return;
            }

            record.Begin();
            UsesFragments = true;
            UsesFragments = FragmentTrial.Passes(device);
            record.End(UsesFragments);
        }
    }
}
