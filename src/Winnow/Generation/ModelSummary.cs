using Winnow.Cache;
using Winnow.Formats;
using Winnow.Models;
using Winnow.Models.Config;
using Winnow.Models.Weights;
using Winnow.Tensors;

namespace Winnow.Generation;

/// <summary>What a model file is and what it takes, told from the file alone: nothing is loaded.</summary>
public sealed class ModelSummary
{
    private readonly ModelConfig? _config;
    private readonly ModelMemory? _memory;

    private ModelSummary(ITensorFile file, ModelConfig? config)
    {
        _config = config;
        _memory = config is null ? null : new ModelMemory(file, config);
        TensorEntry[] tensors = [.. file.Tensors.Values.Where(tensor => !TensorNaming.IsConstant(tensor.Name))];
        Name = config?.Name ?? (file as GgufFile)?.Metadata.GetStringOrNull("general.name")
            ?? System.IO.Path.GetFileNameWithoutExtension(System.IO.Path.TrimEndingDirectorySeparator(file.Path));
        Architecture = (file as GgufFile)?.Metadata.GetStringOrNull("general.architecture") ?? config?.Architecture.HuggingFaceName;
        Quantization = QuantizationName.Of(file);
        Types = [.. tensors.GroupBy(tensor => tensor.Type)
            .Select(group => new TensorTypeSummary(
                group.Key, group.Count(), group.Sum(tensor => tensor.ElementCount), group.Sum(tensor => tensor.SizeBytes)))
            .OrderByDescending(type => type.SizeBytes)];
        ParameterCount = Types.Sum(type => type.Elements);
        SizeBytes = Types.Sum(type => type.SizeBytes);
        StepTypes = [.. tensors.Where(tensor => IsMultiplied(file, tensor))
            .GroupBy(tensor => tensor.Type)
            .Select(group => new TensorTypeSummary(
                group.Key, group.Count(), group.Sum(tensor => Used(tensor, tensor.ElementCount)), group.Sum(tensor => Used(tensor, tensor.SizeBytes))))
            .OrderByDescending(type => type.SizeBytes)];
    }

    /// <summary>What the model calls itself, or the file's name.</summary>
    public string Name { get; }

    /// <summary>The architecture as the file names it; null where it names none.</summary>
    public string? Architecture { get; }

    /// <summary>Why this version cannot run the model; null where it can.</summary>
    public string? Refusal { get; private init; }

    /// <summary>The mixture that the file says it is, or the type of most weights.</summary>
    public string Quantization { get; }

    /// <summary>Weights, all of them.</summary>
    public long ParameterCount { get; }

    /// <summary>Weights that a decoded token is multiplied with: not the embeddings, and of experts those that are used.</summary>
    public long StepParameterCount => StepTypes.Sum(type => type.Elements);

    /// <summary>Bytes of all weights.</summary>
    public long SizeBytes { get; }

    /// <summary>Bytes of weights that a decoded token reads.</summary>
    public long StepSizeBytes => StepTypes.Sum(type => type.SizeBytes);

    /// <summary>All tensors by their types, the largest share first.</summary>
    public IReadOnlyList<TensorTypeSummary> Types { get; }

    /// <summary>Those that a decoded token is multiplied with.</summary>
    public IReadOnlyList<TensorTypeSummary> StepTypes { get; }

    /// <summary>Tokens that the model was made for; 0 where it cannot be run.</summary>
    public int ContextLength => _config?.ContextLength ?? 0;

    /// <summary>Layers.</summary>
    public int Layers => _config?.Layers.Count ?? 0;

    /// <summary>Width of the residual stream.</summary>
    public int HiddenSize => _config?.HiddenSize ?? 0;

    /// <summary>Query heads.</summary>
    public int QueryHeads => _config?.QueryHeads ?? 0;

    /// <summary>Heads of keys and values.</summary>
    public int KvHeads => _config?.KvHeads ?? 0;

    /// <summary>Elements of a head.</summary>
    public int HeadDimension => _config?.HeadDimension ?? 0;

    /// <summary>Tokens of the vocabulary.</summary>
    public int VocabularySize => _config?.VocabularySize ?? 0;

    /// <summary>Experts of a layer; 0 where there are none.</summary>
    public int Experts => _config?.Experts?.Count ?? 0;

    /// <summary>Experts that a token uses.</summary>
    public int ExpertsUsed => _config?.Experts?.Router.Used ?? 0;

    /// <summary>Reads what a file says of itself.</summary>
    /// <param name="path">A GGUF file, any part of a split one, or a Hugging Face directory.</param>
    /// <exception cref="ModelFormatException">The file is missing or damaged. One that this version cannot run is described all the same.</exception>
    public static ModelSummary Read(string path)
    {
        ArgumentException.ThrowIfNullOrEmpty(path);
        string? configuration = Directory.Exists(path) ? ModelFolder.Config(path) : null;
        using ITensorFile file = configuration is null ? GgufFile.Open(path) : SafetensorsFile.Open(path);
        try
        {
            ModelConfig config = file is GgufFile gguf
                ? GgufConfigReader.Read(gguf)
                : HuggingFaceConfigReader.Read(configuration!);
            return new ModelSummary(file, config);
        }
        catch (WinnowException e)
        {
            return new ModelSummary(file, null) { Refusal = e.Message };
        }
    }

    /// <summary>Bytes of keys and values.</summary>
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
    private static bool IsMultiplied(ITensorFile file, TensorEntry tensor)
    {
        bool isEmbedding = tensor.Name is "token_embd.weight" || tensor.Name.EndsWith("embed_tokens.weight", StringComparison.Ordinal);
        bool hasOutput = file.Tensors.ContainsKey("output.weight") || file.Tensors.ContainsKey("lm_head.weight");
        return tensor.Shape.Count > 1 && !(isEmbedding && hasOutput);
    }

    /// <summary>The part of a tensor of experts that a token uses.</summary>
    private long Used(TensorEntry tensor, long whole) =>
        Experts > 0 && tensor.Name.Contains("exp", StringComparison.Ordinal) && !tensor.Name.Contains("shexp", StringComparison.Ordinal)
            ? whole / Experts * ExpertsUsed
            : whole;
}
