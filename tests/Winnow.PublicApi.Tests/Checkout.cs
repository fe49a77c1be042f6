namespace Winnow.PublicApi.Tests;

/// <summary>The checkout that the tests were built from.</summary>
internal static class Checkout
{
    /// <summary>The folder of the solution.</summary>
    public static string Root { get; } = Find();

    /// <summary>The model that the repository brings along.</summary>
    public static string ModelPath { get; } = PathOf("models", "lab-q8_0.gguf");

    public static string PathOf(params ReadOnlySpan<string> names) => Path.Combine([Root, .. names]);

    private static string Find()
    {
        string? folder = AppContext.BaseDirectory;
        while (folder is not null && !File.Exists(Path.Combine(folder, "Engine.sln")))
        {
            folder = Path.GetDirectoryName(folder);
        }

        return folder ?? throw new InvalidOperationException($"no folder above {AppContext.BaseDirectory} has the solution");
    }
}
