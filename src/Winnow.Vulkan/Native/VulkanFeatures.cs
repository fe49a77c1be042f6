using System.Runtime.InteropServices;
using Silk.NET.Core;
using Silk.NET.Vulkan;

namespace Winnow.Vulkan.Native;

/// <summary>The features that shaders and host rely on, as the chain of structures in which a driver is asked for them.</summary>
internal sealed unsafe class VulkanFeatures : IDisposable
{
    private readonly PhysicalDeviceFeatures2* _core;
    private readonly PhysicalDeviceVulkan11Features* _v11;
    private readonly PhysicalDeviceVulkan12Features* _v12;
    private readonly PhysicalDeviceVulkan13Features* _v13;
    private readonly PhysicalDeviceCooperativeMatrixFeaturesKHR* _cooperative;
    private readonly PhysicalDeviceCooperativeMatrix2FeaturesNV* _tensors;

    public VulkanFeatures()
    {
        _core = Zeroed<PhysicalDeviceFeatures2>();
        _v11 = Zeroed<PhysicalDeviceVulkan11Features>();
        _v12 = Zeroed<PhysicalDeviceVulkan12Features>();
        _v13 = Zeroed<PhysicalDeviceVulkan13Features>();
        _cooperative = Zeroed<PhysicalDeviceCooperativeMatrixFeaturesKHR>();
        _tensors = Zeroed<PhysicalDeviceCooperativeMatrix2FeaturesNV>();
        _core->SType = StructureType.PhysicalDeviceFeatures2;
        _v11->SType = StructureType.PhysicalDeviceVulkan11Features;
        _v12->SType = StructureType.PhysicalDeviceVulkan12Features;
        _v13->SType = StructureType.PhysicalDeviceVulkan13Features;
        _cooperative->SType = StructureType.PhysicalDeviceCooperativeMatrixFeaturesKhr;
        _tensors->SType = StructureType.PhysicalDeviceCooperativeMatrix2FeaturesNV;
        _core->PNext = _v11;
        _v11->PNext = _v12;
        _v12->PNext = _v13;
    }

    /// <summary>Names of the features that are needed.</summary>
    public static IReadOnlyList<string> Needed
    {
        get
        {
            // What a chain of zeros lacks is all that is needed.
            using VulkanFeatures none = new();
            return [.. none.Missing()];
        }
    }

    /// <summary>The head of the chain.</summary>
    public PhysicalDeviceFeatures2* First => _core;

    /// <summary>Whether a chain that a driver has filled lets a pipeline rely on whole subgroups of a size.</summary>
    public bool HaveWholeSubgroups => _v13->SubgroupSizeControl && _v13->ComputeFullSubgroups;

    /// <summary>Whether a chain that a driver has filled has products of packed bytes.</summary>
    public bool HaveIntegerDots => _v13->ShaderIntegerDotProduct;

    /// <summary>Whether a chain that a driver has filled has all that shaders with fragments take besides; include them first.</summary>
    public bool HaveCooperativeMatrices => _cooperative->CooperativeMatrix && _v12->ShaderFloat16 && _v12->VulkanMemoryModel;

    /// <summary>Whether a chain that a driver has filled has all that matrices of whole workgroups take; include them first.</summary>
    public bool HaveWorkgroupMatrices => _tensors->CooperativeMatrixWorkgroupScope && _tensors->CooperativeMatrixFlexibleDimensions
        && _tensors->CooperativeMatrixPerElementOperations && _tensors->CooperativeMatrixTensorAddressing;

    /// <summary>What is needed and not there, of a chain that a driver has filled.</summary>
    public IEnumerable<string> Missing()
    {
        List<string> missing = [];
        Look(_core->Features.ShaderInt64, "shaderInt64");
        Look(_core->Features.ShaderInt16, "shaderInt16");
        Look(_v11->StorageBuffer16BitAccess, "storageBuffer16BitAccess");
        Look(_v12->StorageBuffer8BitAccess, "storageBuffer8BitAccess");
        Look(_v12->ShaderInt8, "shaderInt8");
        Look(_v12->ScalarBlockLayout, "scalarBlockLayout");
        Look(_v12->BufferDeviceAddress, "bufferDeviceAddress");
        Look(_v12->TimelineSemaphore, "timelineSemaphore");
        Look(_v13->Maintenance4, "maintenance4");
        return missing;

        void Look(Bool32 feature, string name)
        {
            if (!feature)
            {
                missing.Add(name);
            }
        }
    }

    /// <summary>Makes the features of VK_KHR_cooperative_matrix a part of the chain, for devices that know that extension.</summary>
    public void IncludeCooperativeMatrices() => _v13->PNext = _cooperative;

    /// <summary>Makes the features of VK_NV_cooperative_matrix2 a part of the chain, behind those of VK_KHR_cooperative_matrix.</summary>
    public void IncludeWorkgroupMatrices()
    {
        IncludeCooperativeMatrices();
        _cooperative->PNext = _tensors;
    }

    /// <summary>Asks for whole subgroups.</summary>
    public void AskForSubgroups()
    {
        _v13->SubgroupSizeControl = true;
        _v13->ComputeFullSubgroups = true;
    }

    /// <summary>Asks for products of packed bytes.</summary>
    public void AskForIntegerDots() => _v13->ShaderIntegerDotProduct = true;

    /// <summary>Asks for what shaders with fragments take besides.</summary>
    public void AskForCooperativeMatrices()
    {
        IncludeCooperativeMatrices();
        _cooperative->CooperativeMatrix = true;
        _v12->ShaderFloat16 = true;
        _v12->VulkanMemoryModel = true;
    }

    /// <summary>Asks for what shaders with matrices of whole workgroups take besides.</summary>
    public void AskForWorkgroupMatrices()
    {
        IncludeWorkgroupMatrices();
        _tensors->CooperativeMatrixWorkgroupScope = true;
        _tensors->CooperativeMatrixFlexibleDimensions = true;
        _tensors->CooperativeMatrixPerElementOperations = true;
        _tensors->CooperativeMatrixTensorAddressing = true;
    }

    /// <summary>Asks for what is needed, and nothing else.</summary>
    public void AskForNeeded()
    {
        _core->Features = new PhysicalDeviceFeatures { ShaderInt64 = true, ShaderInt16 = true };
        _v11->StorageBuffer16BitAccess = true;
        _v12->StorageBuffer8BitAccess = true;
        _v12->ShaderInt8 = true;
        _v12->ScalarBlockLayout = true;
        _v12->BufferDeviceAddress = true;
        _v12->TimelineSemaphore = true;
        _v13->Maintenance4 = true;
    }

    public void Dispose()
    {
        NativeMemory.Free(_core);
        NativeMemory.Free(_v11);
        NativeMemory.Free(_v12);
        NativeMemory.Free(_v13);
        NativeMemory.Free(_cooperative);
        NativeMemory.Free(_tensors);
    }

    private static T* Zeroed<T>()
        where T : unmanaged => (T*)NativeMemory.AllocZeroed((nuint)sizeof(T));
}
