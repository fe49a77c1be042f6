using Winnow.Compute;
using Winnow.Models.Config;
using Winnow.Models.Forward;
using Winnow.Models.Weights;

namespace Winnow.Models.Architectures;

/// <summary>What sets one family of models apart, as data: the one <see cref="Transformer"/> runs them all.</summary>
/// <remarks>
/// Sizes, window, scales and the like come from the file (<see cref="ModelConfig"/>). What is here either stands in no file,
/// or only in one of the two formats. The defaults are those of Llama.
/// </remarks>
internal sealed record Architecture
{
    /// <summary>Every architecture that is supported. Of several with one GGUF name, the first reads GGUF files.</summary>
    public static IReadOnlyList<Architecture> All { get; } =
    [
        Llama.Architecture, Mistral.Architecture, Mixtral.Architecture, Qwen2.Architecture, Qwen3.Architecture, Qwen3Moe.Architecture,
        Gemma2.Architecture, Gemma3.Architecture, Phi3.Architecture, Granite.Architecture, Olmo2.Architecture, SmolLm3.Architecture,
        StableLm.Architecture, StarCoder2.Architecture, GptNeoX.Architecture,
        Lfm2.Architecture, Qwen35.Architecture, Mamba.Architecture, Mamba.Falcon, Mamba2.Architecture, Jamba.Architecture, Bamba.Architecture,
        FalconH1.Architecture, OlmoHybrid.Architecture,
    ];

    /// <summary>The <c>model_type</c> of Hugging Face's config.json.</summary>
    public required string HuggingFaceName { get; init; }

    /// <summary>The <c>general.architecture</c> of GGUF files.</summary>
    public required string GgufName { get; init; }

    /// <summary>How activations are normalised.</summary>
    public NormKind Norm { get; init; } = NormKind.Rms;

    /// <summary>Where a block has its norms.</summary>
    public NormPlacement NormPlacement { get; init; } = NormPlacement.Before;

    /// <summary>Whether queries and keys are normalised.</summary>
    public QueryKeyNorm QueryKeyNorm { get; init; } = QueryKeyNorm.None;

    /// <summary>The activation, where a file does not name it.</summary>
    public Activation Activation { get; init; } = Activation.Silu;

    /// <summary>Whether the feed-forward block multiplies activation(gate) with up; else it is activation(up).</summary>
    public bool IsGated { get; init; } = true;

    /// <summary>Biases that must be in the file.</summary>
    public Biases Biases { get; init; } = Biases.None;

    /// <summary>Whether embeddings are multiplied with √hidden.</summary>
    public bool ScalesEmbeddings { get; init; }

    /// <summary>Whether config.json's <c>sliding_window</c> means something.</summary>
    public bool HasSlidingWindow { get; init; }

    /// <summary>Of so many layers the last attends without a window, where a file does not say; 0 where all have it.</summary>
    public int FullAttentionInterval { get; init; }

    /// <summary>The rotary base of layers with a window, where a GGUF file does not say; 0 where it is that of the others.</summary>
    public float LocalRopeBase { get; init; }

    /// <summary>
    /// The number of layers of the one size whose scores are divided by √(hidden / heads) instead of √headDimension: GGUF files
    /// do not say so.
    /// </summary>
    public int LayersOfHiddenScale { get; init; }

    /// <summary>Of so many layers the last has no rotation, where a file does not say; 0 where all have it.</summary>
    public int NoRopeInterval { get; init; }

    /// <summary>Whether GGUF files have the rows of query and key permuted, so that rotated pairs are neighbours.</summary>
    public bool GgufRopeIsInterleaved { get; init; }

    /// <summary>Whether Hugging Face stores norm weights less one.</summary>
    public bool HuggingFaceNormsAreOffsets { get; init; }

    /// <summary>Whether Hugging Face's fused query-key-value projection goes head by head: q₀ k₀ v₀ q₁ k₁ v₁ …</summary>
    public bool HuggingFaceQueryKeyValueIsPerHead { get; init; }

    /// <summary>Values of config.json that Hugging Face's class leaves out where they are its defaults.</summary>
    public string HuggingFaceDefaults { get; init; } = "{}";

    /// <summary>Whether the result of each head is multiplied with the sigmoid of a gate, which comes with its query in one projection.</summary>
    public bool GatesAttention { get; init; }

    /// <summary>What else config.json says, in words of this family; null for nothing.</summary>
    public Func<HuggingFaceConfig, ModelConfig, ModelConfig>? ReadHuggingFace { get; init; }

    /// <summary>Whether GGUF files have scales of embeddings, results and logits multiplied into weights.</summary>
    public bool GgufFoldsScales { get; init; }

    /// <summary>What each layer is made of, as config.json says it; null where all have attention and a feed-forward block.</summary>
    public Func<HuggingFaceConfig, int, LayerBlocks[]>? HuggingFaceLayers { get; init; }

    /// <summary>The same as the metadata of a GGUF file say it.</summary>
    public Func<GgufConfigReader, int, LayerBlocks[]>? GgufLayers { get; init; }

    /// <summary>The inner width of feed-forward blocks, where config.json does not just name it.</summary>
    public Func<HuggingFaceConfig, int>? HuggingFaceFeedForwardSize { get; init; }

    /// <summary>Whether GGUF files have the value heads of linear attention so that head h reads key head h mod keyHeads.</summary>
    public bool GgufTilesValueHeads { get; init; }

    /// <summary>Whether GGUF files say if attention rotates queries and keys at all, in <c>rope.scaling.finetuned</c>.</summary>
    public bool HasOptionalRope { get; init; }

    /// <summary>What GGUF files call the tensors.</summary>
    public TensorNames GgufTensors { get; init; } = TensorNames.Gguf;

    /// <summary>What Hugging Face calls the tensors.</summary>
    public TensorNames HuggingFaceTensors { get; init; } = TensorNames.HuggingFace;

    /// <summary>The architecture of a config.json, or null.</summary>
    public static Architecture? ForHuggingFace(string modelType) => All.FirstOrDefault(a => a.HuggingFaceName == modelType);

    /// <summary>The architecture of a GGUF file, or null.</summary>
    public static Architecture? ForGguf(string name) => All.FirstOrDefault(a => a.GgufName == name);
}
