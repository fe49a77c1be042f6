using Winnow.Generation;

namespace Winnow.Apps.Tests;

/// <summary>The bundled model, loaded once for all tests.</summary>
public sealed class LabEngine : IDisposable
{
    /// <summary>The folder of the solution.</summary>
    public static string Root { get; } = Find();

    /// <summary>The model's file.</summary>
    public static string ModelPath { get; } = Path.Combine(Root, "models", "lab-q8_0.gguf");

    public Engine Engine { get; } = Engine.Load(ModelPath, new EngineOptions { Threads = 2 });

    public void Dispose() => Engine.Dispose();

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
