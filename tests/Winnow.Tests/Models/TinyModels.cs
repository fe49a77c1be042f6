namespace Winnow.Tests.Models;

/// <summary>The tiny models with random weights: some lie beside the tests, the others in the shared reference data.</summary>
internal static class TinyModels
{
    /// <summary>Those in the repository.</summary>
    public static readonly string[] Bundled = ["llama", "llama-mha", "mistral", "qwen2", "qwen3"];

    /// <summary>All of them.</summary>
    public static readonly string[] All =
    [
        .. Bundled, "qwen3_moe", "mixtral", "gemma2", "gemma3", "phi3", "granite", "smollm3", "starcoder2", "gpt_neox", "stablelm", "olmo2",
        "lfm2", "qwen3_5", "jamba", "bamba", "falcon_h1", "olmo_hybrid",
    ];

    /// <summary>Those that have no attention at all, which much is about.</summary>
    public static readonly string[] WithoutAttention = ["mamba", "falcon_mamba", "mamba2"];

    /// <summary>Those whose layers remember a sequence in a state, one of each kind.</summary>
    public static readonly string[] WithState = ["lfm2", "qwen3_5", "jamba", "mamba2", "falcon_h1"];

    /// <summary>The folder of a model; skips the calling test where it is absent.</summary>
    public static string Path(string name) =>
        Bundled.Contains(name) ? System.IO.Path.Combine(AppContext.BaseDirectory, "Models", "Data", name) : SharedData.Path($"models/tiny/{name}");
}
