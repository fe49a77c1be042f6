using System.Globalization;

namespace Winnow.Vulkan.Tests;

/// <summary>How long prompts of real models may be: a driver that computes on the processor takes minutes for a long one.</summary>
internal static class PromptLimit
{
    private static readonly int? Given =
        int.TryParse(Environment.GetEnvironmentVariable("WINNOW_VULKAN_LONGEST_PROMPT"), NumberStyles.None, CultureInfo.InvariantCulture, out int tokens) ? tokens : null;

    /// <summary>Whether <c>WINNOW_VULKAN_LONGEST_PROMPT</c> asks for other prompts than usual.</summary>
    public static bool IsGiven => Given is not null;

    /// <summary>The tokens that <c>WINNOW_VULKAN_LONGEST_PROMPT</c> allows, or so many.</summary>
    public static int Or(int tokens) => Given ?? tokens;
}
