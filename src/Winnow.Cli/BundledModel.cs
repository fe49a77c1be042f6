namespace Winnow.Cli;

/// <summary>The small model that comes with the repository.</summary>
internal static class BundledModel
{
    private const string FileName = "lab-q8_0.gguf";

    /// <summary>Its path: beside the program, or in the <c>models</c> folder of a checkout that the program runs from.</summary>
    /// <exception cref="UsageException">It is not there.</exception>
    public static string Find()
    {
        string? start = AppContext.BaseDirectory;
        for (DirectoryInfo? folder = new(start); folder is not null; folder = folder.Parent)
        {
            string candidate = Path.Combine(folder.FullName, "models", FileName);
            if (File.Exists(candidate))
            {
                return candidate;
            }
        }

        throw new UsageException("the bundled model is not beside this program; name one with -m FILE (models/README.md says where to get some)");
    }
}
