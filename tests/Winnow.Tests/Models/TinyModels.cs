namespace Winnow.Tests.Models;

/// <summary>The tiny models with random weights: all are generated, and most have a second one in the shared reference data.</summary>
internal static class TinyModels
{
    /// <summary>Those that tests of many kinds use: the generated ones, wherever the tests run.</summary>
    private static readonly string[] Common = ["llama", "llama-mha", "mistral", "qwen2", "qwen3"];

    /// <summary>Those with attention in some layers and states in others, which only the processor computes.</summary>
    public static readonly string[] Hybrids =
    [
        "lfm2", "lfm2_moe", "qwen3_5", "qwen3_5_moe", "qwen3_next", "jamba", "bamba", "granitemoehybrid", "falcon_h1", "olmo_hybrid", "minimax",
    ];

    /// <summary>All of the first batch: each kind of block, on every device.</summary>
    public static readonly string[] All =
    [
        .. Common, "qwen3_moe", "mixtral", "gemma2", "gemma3", "phi3", "granite", "smollm3", "starcoder2", "gpt_neox", "stablelm", "olmo2",
        .. Hybrids,
    ];

    /// <summary>The second batch: other architectures and rotary scalings.</summary>
    public static readonly string[] Others =
    [
        "apertus", "arcee", "bitnet", "bloom", "codegen", "cohere", "cohere-qknorm", "cohere2", "dbrx", "deepseek_v2", "deepseek_v2-lite",
        "deepseek_v3", "dots1", "ernie4_5", "ernie4_5_moe", "exaone4", "falcon", "falcon-7b", "gemma", "gemma4", "gemma4-kv", "gemma4-moe",
        "glm", "glm4", "glm4_moe", "glm4_moe_lite", "gpt2", "gpt_bigcode", "gpt_neo", "gpt_oss", "gptj", "granitemoe", "helium",
        "hunyuan_v1_dense", "hunyuan_v1_moe", "llama4", "mimo_v2_flash", "minicpm3", "minimax_m2", "ministral", "ministral3", "mistral4",
        "mpt", "nanochat", "nemotron", "olmo", "olmo3", "olmoe", "opt", "phi", "phimoe", "qwen2_moe", "seed_oss",
        "llama-dynamic", "llama-linear", "llama-yarn", "llama-yarn-mscale", "phi3-longrope", "qwen2-yarn",
    ];

    /// <summary>Those that have no attention at all, which much is about.</summary>
    public static readonly string[] WithoutAttention = ["mamba", "falcon_mamba", "mamba2"];

    /// <summary>Those whose layers remember a sequence in a state, one of each kind.</summary>
    public static readonly string[] WithState = ["lfm2", "qwen3_5", "jamba", "mamba2", "falcon_h1", "minimax"];

    /// <summary>The folder of a model: of the shared reference data where they lie beside the checkout, else the generated one.</summary>
    public static string Path(string name) =>
        (Common.Contains(name) ? null : SharedData.Find($"models/tiny/{name}")) ?? GeneratedModel.Folder(name);
}
