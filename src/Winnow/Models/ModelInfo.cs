using Winnow.Cache;
using Winnow.Calibration;
using Winnow.Formats;
using Winnow.Models.Config;
using Winnow.Models.Weights;
using Winnow.Tensors;

namespace Winnow.Models;

/// <summary>What a model is and what it takes, told from its file alone: of a loaded one, or of a file that <see cref="Read"/> looks at.</summary>
public sealed class ModelInfo
{
    private readonly ModelConfig? _config;
    private readonly ModelMemory? _memory;
    private readonly TensorEntry[] _tensors;

    /// <param name="path">The file or folder, as the user named it.</param>
    /// <param name="file">Its tensors.</param>
    /// <param name="config">The hyper-parameters; null where the model cannot be run.</param>
    internal ModelInfo(string path, ITensorFile file, ModelConfig? config)
    {
        _config = config;
        _memory = config is null ? null : new ModelMemory(file, config);
        _tensors = [.. file.Tensors.Values.Where(tensor => !TensorNaming.IsConstant(tensor.Name))];
        Path = path;
        Name = config?.Name ?? (file as GgufFile)?.Metadata.GetStringOrNull("general.name")
            ?? System.IO.Path.GetFileNameWithoutExtension(System.IO.Path.TrimEndingDirectorySeparator(path));
        Architecture = (file as GgufFile)?.Metadata.GetStringOrNull("general.architecture") ?? config?.Architecture.HuggingFaceName ?? "unknown";
        Quantization = QuantizationName.Of(file);
        Fingerprint = config is null ? "" : ModelFingerprint.Compute(file, config);
    }

    /// <summary>The file or folder.</summary>
    public string Path { get; }

    /// <summary>What its makers call it; the file's name where they do not say.</summary>
    public string Name { get; }

    /// <summary>The architecture, as the file's format calls it: <c>llama</c>, <c>qwen3</c>; <c>unknown</c> where the file does not say.</summary>
    public string Architecture { get; }

    /// <summary>Why this version cannot run the model; null where it can.</summary>
    public string? Refusal { get; private init; }

    /// <summary>How most weights are stored: <c>F16</c>, <c>Q4_K_M</c>.</summary>
    public string Quantization { get; }

    /// <summary>Weights, counted; shared ones once.</summary>
    public long ParameterCount => Types.Sum(type => type.Elements);

    /// <summary>Weights that a decoded token is multiplied with: not the embeddings, and of experts those that are used.</summary>
    public long StepParameterCount => StepTypes.Sum(type => type.Elements);

    /// <summary>Bytes of all tensors.</summary>
    public long SizeBytes => Types.Sum(type => type.SizeBytes);

    /// <summary>Bytes of weights that a decoded token reads.</summary>
    public long StepSizeBytes => StepTypes.Sum(type => type.SizeBytes);

    /// <summary>All tensors by their types, the largest share first.</summary>
    public IReadOnlyList<TensorTypeSummary> Types => field ??= Summarize(_tensors, (_, whole) => whole);

    /// <summary>The same of what a decoded token is multiplied with.</summary>
    public IReadOnlyList<TensorTypeSummary> StepTypes => field ??= Summarize(Multiplied(), Used);

    /// <summary>Tokens that it was made for; this and the numbers below are 0 where the model cannot be run.</summary>
    public int ContextLength => _config?.ContextLength ?? 0;

    /// <summary>Layers.</summary>
    public int Layers => _config?.Layers.Count ?? 0;

    /// <summary>The width of the residual stream.</summary>
    public int HiddenSize => _config?.HiddenSize ?? 0;

    /// <summary>Query heads of a layer.</summary>
    public int QueryHeads => _config?.QueryHeads ?? 0;

    /// <summary>KV heads of a layer.</summary>
    public int KvHeads => _config?.KvHeads ?? 0;

    /// <summary>Elements of a head.</summary>
    public int HeadDimension => _config?.KeyDimensionOf(0) ?? 0;

    /// <summary>Token ids, counted.</summary>
    public int VocabularySize => _config?.VocabularySize ?? 0;

    /// <summary>Experts of a layer; 0 where there are none.</summary>
    public int Experts => _config?.Experts?.Count ?? 0;

    /// <summary>Experts that a token uses.</summary>
    public int ExpertsUsed => _config?.Experts?.Router.Used ?? 0;

    /// <summary>
    /// A short hash of the hyper-parameters, the list of tensors and samples of their bytes: what saved conversations and
    /// calibration files are tied to. Empty where the model cannot be run.
    /// </summary>
    public string Fingerprint { get; }

    /// <summary>Products of the layers for each token, by type of weight; of a loaded model.</summary>
    internal IReadOnlyList<ProductWork> LayerProducts => field ??= Weights is null ? [] : ProductWork.Of(Weights.Layers.SelectMany(layer => layer.Products()));

    /// <summary>The product with the output head, for each token whose logits are wanted; of a loaded model.</summary>
    internal ProductWork OutputProduct => Weights is { Output.Weight: { } output } ? ProductWork.Of([(output.Type, output.Outputs, output.Inputs, 1)])[0] : default;

    /// <summary>What was loaded; null of a file that was only looked at.</summary>
    internal TransformerWeights? Weights { private get; init; }

    /// <summary>Which calibrations belong to it.</summary>
    internal ModelIdentity Identity => new(Path, Name, Fingerprint);

    /// <summary>Reads what a file says of itself; nothing is loaded.</summary>
    /// <param name="path">A GGUF file, any part of a split one, or a Hugging Face directory.</param>
    /// <exception cref="ModelFormatException">The file is missing or damaged. One that this version cannot run is described all the same (<see cref="Refusal"/>).</exception>
    public static ModelInfo Read(string path)
    {
        ArgumentException.ThrowIfNullOrEmpty(path);
        string? configuration = Directory.Exists(path) ? ModelFolder.Config(path) : null;
        using ITensorFile file = configuration is null ? GgufFile.Open(path) : SafetensorsFile.Open(path);
        try
        {
            return new ModelInfo(path, file, file is GgufFile gguf ? GgufConfigReader.Read(gguf) : HuggingFaceConfigReader.Read(configuration!));
        }
        catch (WinnowException e)
        {
            return new ModelInfo(path, file, null) { Refusal = e.Message };
        }
    }

    /// <summary>Whether keys and values can be stored as a type: its blocks fill heads of this model.</summary>
    public bool CanStoreKvAs(TensorType type) => HeadDimension % type.BlockLength() == 0;

    /// <summary>Bytes of keys and values; 0 where the model cannot be run.</summary>
    /// <param name="keys">How keys are stored.</param>
    /// <param name="values">How values are stored.</param>
    /// <param name="tokens">Tokens of the context.</param>
    /// <exception cref="ArgumentException">Heads of this model cannot be stored so.</exception>
    public long KvBytes(TensorType keys, TensorType values, int tokens) =>
        Enumerable.Range(0, Layers).Sum(layer => _memory!.KeysAndValues(layer, new KvTypes(keys, values), tokens));

    /// <summary>Bytes that weights, keys and values, and computing take together.</summary>
    /// <inheritdoc cref="KvBytes"/>
    public long MemoryBytes(TensorType keys, TensorType values, int tokens) =>
        SizeBytes + KvBytes(keys, values, tokens) + (_memory?.Scratch(Math.Min(512, tokens), tokens) ?? 0);

    /// <summary>Matrices, but the embeddings where another tensor is the output.</summary>
    private IEnumerable<TensorEntry> Multiplied()
    {
        bool hasOutput = Array.Exists(_tensors, tensor => tensor.Name is "output.weight" or "lm_head.weight");
        return _tensors.Where(tensor => tensor.Shape.Count > 1 && !(hasOutput && IsEmbedding(tensor.Name)));
    }

    private static bool IsEmbedding(string name) => name is "token_embd.weight" || name.EndsWith("embed_tokens.weight", StringComparison.Ordinal);

    /// <summary>The part of a tensor of experts that a token uses.</summary>
    private long Used(TensorEntry tensor, long whole) =>
        Experts > 0 && tensor.Name.Contains("exp", StringComparison.Ordinal) && !tensor.Name.Contains("shexp", StringComparison.Ordinal)
            ? whole / Experts * ExpertsUsed
            : whole;

    private static TensorTypeSummary[] Summarize(IEnumerable<TensorEntry> tensors, Func<TensorEntry, long, long> part) =>
    [
        .. tensors.GroupBy(tensor => tensor.Type)
            .Select(group => new TensorTypeSummary(
                group.Key, group.Count(), group.Sum(tensor => part(tensor, tensor.ElementCount)), group.Sum(tensor => part(tensor, tensor.SizeBytes))))
            .OrderByDescending(type => type.SizeBytes),
    ];
}
