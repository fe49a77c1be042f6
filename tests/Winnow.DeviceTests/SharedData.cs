namespace Winnow.DeviceTests;

/// <summary>
/// Reference data that lives beside the repository, never in it: found through <c>WINNOW_SHARED</c>, or as a folder
/// named <c>shared</c> beside the checkout. A test that needs it is skipped, with the reason, where it is absent.
/// </summary>
internal static class SharedData
{
    private static readonly string? Root = FindRoot();

    /// <summary>The full path of a shared file or folder; skips the calling test when it is absent.</summary>
    public static string Path(string relative)
    {
        Assert.SkipWhen(Root is null, "reference data not found: set WINNOW_SHARED to its folder");
        string? path = Find(relative);
        Assert.SkipWhen(path is null, $"reference data '{relative}' not found");
        return path!;
    }

    /// <summary>The full path of a shared file or folder, or null.</summary>
    public static string? Find(string relative)
    {
        string? path = Root is null ? null : System.IO.Path.Combine(Root, relative);
        return File.Exists(path) || Directory.Exists(path) ? path : null;
    }

    private static string? FindRoot()
    {
        if (Environment.GetEnvironmentVariable("WINNOW_SHARED") is { Length: > 0 } configured)
        {
            return Directory.Exists(configured) ? configured : null;
        }

        for (DirectoryInfo? folder = new(AppContext.BaseDirectory); folder is not null; folder = folder.Parent)
        {
            if (File.Exists(System.IO.Path.Combine(folder.FullName, "Engine.sln")))
            {
                string beside = System.IO.Path.Combine(folder.Parent?.FullName ?? folder.FullName, "shared");
                return Directory.Exists(beside) ? beside : null;
            }
        }

        return null;
    }
}
