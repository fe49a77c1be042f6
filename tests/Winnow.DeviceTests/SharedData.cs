namespace Winnow.DeviceTests;

/// <summary>
/// Reference data that lives beside the repository, never in it: found through <c>WINNOW_SHARED</c>, or as a folder
/// named <c>shared</c> beside the checkout. A test that needs it is skipped, with the reason, where it is absent.
/// </summary>
internal static class SharedData
{
    private static readonly string? Root = Find();

    /// <summary>The full path of a shared file or folder; skips the calling test when it is absent.</summary>
    public static string Path(string relative)
    {
        Assert.SkipWhen(Root is null, "reference data not found: set WINNOW_SHARED to its folder");
        string path = System.IO.Path.Combine(Root!, relative);
        Assert.SkipUnless(File.Exists(path) || Directory.Exists(path), $"reference data '{relative}' not found");
        return path;
    }

    private static string? Find()
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
