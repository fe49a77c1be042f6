using System.Globalization;

namespace Winnow.Vulkan.Tests;

/// <summary>How long prompts of real models may be: a driver that computes on the processor takes minutes for a long one.</summary>
internal static class PromptLimit
{
    /// <summary>The tokens that <c>WINNOW_VULKAN_LONGEST_PROMPT</c> allows, or so many.</summary>
    public static int Or(int tokens) =>
        int.TryParse(Environment.GetEnvironmentVariable("WINNOW_VULKAN_LONGEST_PROMPT"), NumberStyles.None, CultureInfo.InvariantCulture, out int given)
            ? given
            : tokens;
}
