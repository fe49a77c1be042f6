using System.Runtime.CompilerServices;
using Winnow.Vulkan.Native;
using Winnow.Vulkan.Tests;

[assembly: AssemblyFixture(typeof(Validation))]

namespace Winnow.Vulkan.Tests;

/// <summary>All tests run under the validation layers where they are installed, and none may make them speak.</summary>
public sealed class Validation : IDisposable
{
    private const string Variable = "WINNOW_VULKAN_VALIDATION";

    public void Dispose()
    {
        Assert.True(VulkanInstance.HasValidation || Environment.GetEnvironmentVariable("WINNOW_VULKAN_REQUIRED") != "1", "the validation layers are missing");
        Assert.Empty(ValidationMessages.All);
    }

    [ModuleInitializer]
    internal static void Enable()
    {
        if (Environment.GetEnvironmentVariable(Variable) is null && VulkanInstance.HasValidation)
        {
            Environment.SetEnvironmentVariable(Variable, "1");
        }
    }
}
