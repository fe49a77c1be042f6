using Silk.NET.Vulkan;

namespace Winnow.Vulkan.Native;

/// <summary>Whether a device multiplies matrices that whole workgroups hold as <c>product_matrix_tensor.comp</c> does: f16 operands, f32 sums, brought by the driver (VK_NV_cooperative_matrix2).</summary>
internal static unsafe class WorkgroupMatrices
{
    public const string Extension = "VK_NV_cooperative_matrix2";

    /// <summary>Threads of a workgroup.</summary>
    public const uint Threads = 256;

    /// <summary>All edges of the matrices are multiples of this.</summary>
    private const uint Edge = 32;

    public static bool AreOffered(VulkanAdapter adapter)
    {
        if (VulkanSettings.Without.Contains("cooperative-matrix-2") || !adapter.HasCooperativeMatrices || !adapter.Extensions.Contains(Extension))
        {
            return false;
        }

        using VulkanFeatures features = new();
        features.IncludeWorkgroupMatrices();
        adapter.Instance.Vk.GetPhysicalDeviceFeatures2(adapter.Handle, features.First);
        return features.HaveWorkgroupMatrices && HasShape(adapter);
    }

    private static bool HasShape(VulkanAdapter adapter)
    {
        var list = (delegate* unmanaged<PhysicalDevice, uint*, CooperativeMatrixFlexibleDimensionsPropertiesNV*, Result>)adapter.Instance.Function(
            "vkGetPhysicalDeviceCooperativeMatrixFlexibleDimensionsPropertiesNV");
        uint count = 0;
        if (list is null || list(adapter.Handle, &count, null) != Result.Success)
        {
            return false;
        }

        CooperativeMatrixFlexibleDimensionsPropertiesNV[] shapes = new CooperativeMatrixFlexibleDimensionsPropertiesNV[count];
        Array.Fill(shapes, new CooperativeMatrixFlexibleDimensionsPropertiesNV { SType = StructureType.CooperativeMatrixFlexibleDimensionsPropertiesNV });
        fixed (CooperativeMatrixFlexibleDimensionsPropertiesNV* first = shapes)
        {
            return list(adapter.Handle, &count, first) == Result.Success && shapes.Take((int)count).Any(IsTaken);
        }
    }

    private static bool IsTaken(CooperativeMatrixFlexibleDimensionsPropertiesNV shape) =>
        Edge % shape.MGranularity == 0 && Edge % shape.NGranularity == 0 && Edge % shape.KGranularity == 0 && shape.WorkgroupInvocations == Threads
        && shape is { AType: ComponentTypeKHR.Float16Khr, BType: ComponentTypeKHR.Float16Khr }
            and { CType: ComponentTypeKHR.Float32Khr, ResultType: ComponentTypeKHR.Float32Khr, Scope: ScopeKHR.WorkgroupKhr };
}
