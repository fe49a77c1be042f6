using Winnow.Calibration;

namespace Winnow.Models;

/// <summary>What is known of a model without running it.</summary>
public sealed record ModelInfo
{
    internal ModelInfo()
    {
    }

    /// <summary>The file or folder that it was loaded from.</summary>
    public required string Path { get; init; }

    /// <summary>The architecture, as the file's format calls it: <c>llama</c>, <c>qwen3</c>.</summary>
    public required string Architecture { get; init; }

    /// <summary>What its makers call it; the file's name where they do not say.</summary>
    public required string Name { get; init; }

    /// <summary>How most weights are stored: <c>F16</c>, <c>Q4_K_M</c>.</summary>
    public required string Quantization { get; init; }

    /// <summary>Weights, counted; shared ones once.</summary>
    public required long ParameterCount { get; init; }

    /// <summary>Bytes of all tensors.</summary>
    public required long SizeBytes { get; init; }

    /// <summary>Products of the layers for each token, by type of weight.</summary>
    internal IReadOnlyList<ProductWork> LayerProducts { get; init; } = [];

    /// <summary>The product with the output head, for each token whose logits are wanted.</summary>
    internal ProductWork OutputProduct { get; init; }

    /// <summary>Tokens that it was made for.</summary>
    public required int ContextLength { get; init; }

    /// <summary>Layers.</summary>
    public required int Layers { get; init; }

    /// <summary>The width of the residual stream.</summary>
    public required int HiddenSize { get; init; }

    /// <summary>Query heads of a layer.</summary>
    public required int QueryHeads { get; init; }

    /// <summary>KV heads of a layer.</summary>
    public required int KvHeads { get; init; }

    /// <summary>Elements of a head.</summary>
    public required int HeadDimension { get; init; }

    /// <summary>Token ids, counted.</summary>
    public required int VocabularySize { get; init; }

    /// <summary>Experts of a layer; 0 where there are none.</summary>
    public required int Experts { get; init; }

    /// <summary>
    /// A short hash of the hyper-parameters, the list of tensors and samples of their bytes: what saved conversations and
    /// calibration files are tied to.
    /// </summary>
    public required string Fingerprint { get; init; }

    /// <summary>Which calibrations belong to it.</summary>
    internal ModelIdentity Identity => new(Path, Name, Fingerprint);
}
