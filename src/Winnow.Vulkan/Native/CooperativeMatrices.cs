using Silk.NET.Vulkan;

namespace Winnow.Vulkan.Native;

/// <summary>Whether a device multiplies fragments of matrices as <c>fragments.glsl</c> does: 16 by 16, f16 operands, f32 sums, by subgroups (VK_KHR_cooperative_matrix).</summary>
internal static unsafe class CooperativeMatrices
{
    public const string Extension = "VK_KHR_cooperative_matrix";

    private const uint Edge = 16;

    // What the largest of these shaders shares: the tiles of attention.
    private const uint LeastSharedMemory = 40 * 1024;

    private const SubgroupFeatureFlags Operations =
        SubgroupFeatureFlags.BasicBit | SubgroupFeatureFlags.VoteBit | SubgroupFeatureFlags.ShuffleBit;

    public static bool AreOffered(VulkanAdapter adapter)
    {
        if (VulkanSettings.Without.Contains("cooperative-matrix") || VulkanSettings.Without.Contains("float16") || !adapter.Extensions.Contains(Extension) || adapter.SubgroupSize is not (16 or 32 or 64)
            || adapter.SharedMemory < LeastSharedMemory || (adapter.SubgroupOperations & Operations) != Operations)
        {
            return false;
        }

        using VulkanFeatures features = new();
        features.IncludeCooperativeMatrices();
        adapter.Instance.Vk.GetPhysicalDeviceFeatures2(adapter.Handle, features.First);
        return features.HaveCooperativeMatrices && HasShape(adapter);
    }

    private static bool HasShape(VulkanAdapter adapter)
    {
        var list = (delegate* unmanaged<PhysicalDevice, uint*, CooperativeMatrixPropertiesKHR*, Result>)adapter.Instance.Function(
            "vkGetPhysicalDeviceCooperativeMatrixPropertiesKHR");
        uint count = 0;
        if (list is null || list(adapter.Handle, &count, null) != Result.Success)
        {
            return false;
        }

        CooperativeMatrixPropertiesKHR[] shapes = new CooperativeMatrixPropertiesKHR[count];
        Array.Fill(shapes, new CooperativeMatrixPropertiesKHR { SType = StructureType.CooperativeMatrixPropertiesKhr });
        fixed (CooperativeMatrixPropertiesKHR* first = shapes)
        {
            return list(adapter.Handle, &count, first) == Result.Success && shapes.Take((int)count).Any(IsTaken);
        }
    }

    private static bool IsTaken(CooperativeMatrixPropertiesKHR shape) =>
        shape is { MSize: Edge, NSize: Edge, KSize: Edge, AType: ComponentTypeKHR.Float16Khr, BType: ComponentTypeKHR.Float16Khr }
            and { CType: ComponentTypeKHR.Float32Khr, ResultType: ComponentTypeKHR.Float32Khr, Scope: ScopeKHR.SubgroupKhr };
}
