using Winnow.Compute;
using Winnow.Formats;
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
    /// <remarks>One at a time, the common ones first: whoever looks for one does not compile and create the others, which takes a tenth of a second.</remarks>
    public static IEnumerable<Architecture> All
    {
        get
        {
            yield return Llama.Architecture;
            yield return Mistral.Architecture;
            yield return Mixtral.Architecture;
            yield return Ministral.Architecture;
            yield return Ministral3.Architecture;
            yield return Mistral4.Architecture;
            yield return Llama4.Architecture;
            yield return Qwen2.Architecture;
            yield return Qwen2Moe.Architecture;
            yield return Qwen3.Architecture;
            yield return Qwen3Moe.Architecture;
            yield return Gemma.Architecture;
            yield return Gemma2.Architecture;
            yield return Gemma3.Architecture;
            yield return Gemma4.Architecture;
            yield return GptOss.Architecture;
            yield return DeepSeek2.Architecture;
            yield return DeepSeek3.Architecture;
            yield return Glm.Architecture;
            yield return Glm4.Architecture;
            yield return Glm4Moe.Architecture;
            yield return Glm4MoeLite.Architecture;
            yield return Phi.Architecture;
            yield return Phi3.Architecture;
            yield return PhiMoe.Architecture;
            yield return Cohere.Architecture;
            yield return Cohere2.Architecture;
            yield return Exaone4.Architecture;
            yield return Ernie45.Architecture;
            yield return Ernie45Moe.Architecture;
            yield return HunyuanDense.Architecture;
            yield return HunyuanMoe.Architecture;
            yield return SeedOss.Architecture;
            yield return Granite.Architecture;
            yield return GraniteMoe.Architecture;
            yield return Olmo.Architecture;
            yield return Olmo2.Architecture;
            yield return Olmo3.Architecture;
            yield return OlmoE.Architecture;
            yield return SmolLm3.Architecture;
            yield return Nemotron.Architecture;
            yield return Arcee.Architecture;
            yield return Apertus.Architecture;
            yield return MiniCpm3.Architecture;
            yield return MiniMaxM2.Architecture;
            yield return MiMo2.Architecture;
            yield return Dots1.Architecture;
            yield return Helium.Architecture;
            yield return BitNet.Architecture;
            yield return Dbrx.Architecture;
            yield return NanoChat.Architecture;
            yield return StableLm.Architecture;
            yield return StarCoder2.Architecture;
            yield return Gpt2.Architecture;
            yield return GptBigCode.Architecture;
            yield return GptNeo.Architecture;
            yield return GptJ.Architecture;
            yield return GptNeoX.Architecture;
            yield return CodeGen.Architecture;
            yield return Falcon.Architecture;
            yield return Bloom.Architecture;
            yield return Mpt.Architecture;
            yield return Opt.Architecture;
            yield return Lfm2.Architecture;
            yield return Lfm2Moe.Architecture;
            yield return Qwen35.Architecture;
            yield return Qwen35Moe.Architecture;
            yield return Qwen3Next.Architecture;
            yield return Mamba.Architecture;
            yield return Mamba.Falcon;
            yield return Mamba2.Architecture;
            yield return Jamba.Architecture;
            yield return Bamba.Architecture;
            yield return GraniteMoeHybrid.Architecture;
            yield return FalconH1.Architecture;
            yield return OlmoHybrid.Architecture;
            yield return MiniMax.Architecture;
        }
    }

    /// <summary>The <c>model_type</c> of Hugging Face's config.json.</summary>
    public required string HuggingFaceName { get; init; }

    /// <summary>The <c>general.architecture</c> of GGUF files.</summary>
    public required string GgufName { get; init; }

    /// <summary>How activations are normalised.</summary>
    public NormKind Norm { get; init; } = NormKind.Rms;

    /// <summary>Where a block has its norms.</summary>
    public NormPlacement NormPlacement { get; init; } = NormPlacement.Before;

    /// <summary>Whether norms have weights in the file.</summary>
    public bool HasNormWeights { get; init; } = true;

    /// <summary>Whether embeddings are normalised before the first layer.</summary>
    public bool HasEmbeddingNorm { get; init; }

    /// <summary>Whether values are normalised by head, without weights.</summary>
    public bool NormsValues { get; init; }

    /// <summary>Whether layers with experts have a dense block beside them, each behind norms of its own.</summary>
    public bool HasDenseBesideExperts { get; init; }

    /// <summary>Whether attention and feed-forward block have a norm of their results before the last projection.</summary>
    public bool HasSubNorms { get; init; }

    /// <summary>Whether queries and keys are normalised.</summary>
    public QueryKeyNorm QueryKeyNorm { get; init; } = QueryKeyNorm.None;

    /// <summary>Whether those norms subtract the mean, as those of blocks do where <see cref="Norm"/> says so.</summary>
    public NormKind QueryKeyNormKind { get; init; } = NormKind.Rms;

    /// <summary>Whether queries and keys are normalised after rotation.</summary>
    public bool NormsAfterRotation { get; init; }

    /// <summary>Whether feed-forward runs beside attention instead of after it, where a file does not say.</summary>
    public bool IsParallel { get; init; }

    /// <summary>Whether tokens are told apart by a vector of each position, added to their embeddings.</summary>
    public bool HasLearnedPositions { get; init; }

    /// <summary>Whether a layer with a window is the only kind that rotates queries and keys (Cohere 2).</summary>
    public bool OnlySlidingLayersRotate { get; init; }

    /// <summary>Whether queries and keys are rotated by their positions.</summary>
    public bool HasRotation { get; init; } = true;

    /// <summary>The bias of distances (ALiBi), where a GGUF file does not say; 0 for none.</summary>
    public float AlibiBias { get; init; }

    /// <summary>Whether <c>logit_scale</c> of GGUF files multiplies logits, instead of dividing them.</summary>
    public bool GgufLogitScaleMultiplies { get; init; }

    /// <summary>Whether the biases of distance (ALiBi) are scaled like the scores (Falcon).</summary>
    public bool AlibiIsScaled { get; init; }

    /// <summary>How a token chooses experts, where a file does not say.</summary>
    public ExpertRouter Router { get; init; } = new(Used: 1, NormalizesWeights: true);

    /// <summary>Whether bounds of YaRN are rounded to whole dimensions, where a file does not say.</summary>
    public bool YarnRoundsBounds { get; init; } = true;

    /// <summary>The activation, where a file does not name it.</summary>
    public Activation Activation { get; init; } = Activation.Silu;

    /// <summary>Reads the parameters of a layer's activation, where it has learnt some; null for none.</summary>
    public Func<ITensorFile, TensorFinder, int, Xielu>? ReadXielu { get; init; }

    /// <summary>Whether the feed-forward block multiplies activation(gate) with up; else it is activation(up).</summary>
    public bool IsGated { get; init; } = true;

    /// <summary>The inner width of feed-forward blocks in widths of the residual stream, where config.json does not say; 0 where it must.</summary>
    public int FeedForwardMultiple { get; init; }

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

    /// <summary>Whether the pairs that Hugging Face's class rotates are neighbours.</summary>
    public bool HuggingFaceRopeIsInterleaved { get; init; }

    /// <summary>Whether the pairs that are rotated in GGUF files are neighbours; the rows of query and key are permuted where Hugging Face's are not.</summary>
    public bool GgufRopeIsInterleaved { get; init; }

    /// <summary>Whether Hugging Face stores norm weights less one.</summary>
    public bool HuggingFaceNormsAreOffsets { get; init; }

    /// <summary>The rows of Hugging Face's fused query-key-value projection in the order of queries, keys, values; null where that is theirs.</summary>
    public Func<ModelConfig, int[]?>? HuggingFaceQueryKeyValueOrder { get; init; }

    /// <summary>Whether Hugging Face stores projections as [inputs, outputs].</summary>
    public bool HuggingFaceProjectionsAreTransposed { get; init; }

    /// <summary>How Hugging Face stores the matrices of experts.</summary>
    public ExpertLayout HuggingFaceExperts { get; init; } = new();

    /// <summary>What this family calls keys of config.json that others call otherwise; a dot goes into an object.</summary>
    public IReadOnlyDictionary<string, string> HuggingFaceKeys { get; init; } = new Dictionary<string, string>();

    /// <summary>Whether the result of each head is multiplied with the sigmoid of a gate, which comes with its query in one projection.</summary>
    public bool GatesAttention { get; init; }

    /// <summary>Whether GGUF files have scales of embeddings, results and logits multiplied into weights.</summary>
    public bool GgufFoldsScales { get; init; }

    /// <summary>What each layer is made of, as config.json says it; null where all have attention and a feed-forward block.</summary>
    public Func<HuggingFaceConfig, int, LayerBlocks[]>? HuggingFaceLayers { get; init; }

    /// <summary>The same as the metadata of a GGUF file say it.</summary>
    public Func<GgufKeys, int, LayerBlocks[]>? GgufLayers { get; init; }

    /// <summary>The inner width of feed-forward blocks, where config.json does not just name it.</summary>
    public Func<HuggingFaceConfig, int>? HuggingFaceFeedForwardSize { get; init; }

    /// <summary>Whether GGUF files have the value heads of linear attention so that head h reads key head h mod keyHeads.</summary>
    public bool GgufTilesValueHeads { get; init; }

    /// <summary>Whether GGUF files say if attention rotates queries and keys at all, in <c>rope.scaling.finetuned</c>.</summary>
    public bool HasOptionalRope { get; init; }

    /// <summary>What else config.json says, in words of this family; null for nothing.</summary>
    public Func<HuggingFaceConfig, ModelConfig, ModelConfig>? ReadHuggingFace { get; init; }

    /// <summary>What else the keys of a GGUF file say, in words of this family; null for nothing.</summary>
    public Func<GgufKeys, ModelConfig, ModelConfig>? ReadGguf { get; init; }

    /// <summary>Writes keys of a GGUF file that only this family has; null for nothing.</summary>
    public Action<ModelConfig, Action<string, object>>? WriteGguf { get; init; }

    /// <summary>Whether a key of this engine says in GGUF files which layers rotate.</summary>
    public bool WritesRotatingLayers { get; init; }

    /// <summary>What a tensor is called in GGUF files where that depends on the model; null where it does not.</summary>
    public Func<ModelConfig, TensorNaming, TensorRole, string?>? GgufTensorName { get; init; }

    /// <summary>Whether pairs turn the other way round (NanoChat).</summary>
    public bool RotatesBackwards { get; init; }

    /// <summary>Whether layers with a window have the same rotation as others, but for its scaling (OLMo 3).</summary>
    public bool SlidingLayersAreUnscaled { get; init; }

    /// <summary>Whether GGUF files keep latent projections of keys and values in one tensor, and heads by their own lengths (MiniCPM 3).</summary>
    public bool GgufKeepsLatentHeads { get; init; }

    /// <summary>Tensors that GGUF files of this family call otherwise.</summary>
    public TensorNames GgufTensors { get; init; } = TensorNames.Gguf;

    /// <summary>Whether the norm before attention is the one before a parallel feed-forward block too.</summary>
    public bool SharesParallelNorm { get; init; }

    /// <summary>Values of config.json that Hugging Face's class leaves out where they are its defaults.</summary>
    public string HuggingFaceDefaults { get; init; } = "{}";

    /// <summary>What Hugging Face calls the tensors.</summary>
    public TensorNames HuggingFaceTensors { get; init; } = TensorNames.HuggingFace;

    /// <summary>The architecture of a config.json, or null.</summary>
    public static Architecture? ForHuggingFace(string modelType) => All.FirstOrDefault(a => a.HuggingFaceName == modelType);

    /// <summary>The architecture of a GGUF file, or null.</summary>
    public static Architecture? ForGguf(string name) => All.FirstOrDefault(a => a.GgufName == name);
}
