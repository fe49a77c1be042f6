using Winnow.Formats;
using Winnow.Models.Architectures;

namespace Winnow.Models.Weights;

/// <summary>What the tensors of one file are called.</summary>
internal sealed class TensorNaming
{
    /// <summary>Models that were saved without their head (embedding models) lack it.</summary>
    private const string Prefix = "model.";

    private readonly TensorNames _names;
    private readonly bool _lacksPrefix;

    public TensorNaming(ITensorFile file, Architecture architecture)
    {
        _names = file is SafetensorsFile ? architecture.HuggingFaceTensors : architecture.GgufTensors;
        string embedding = Weight(TensorRole.Embedding, 0);
        _lacksPrefix = embedding.StartsWith(Prefix, StringComparison.Ordinal)
            && !file.Tensors.ContainsKey(embedding)
            && file.Tensors.ContainsKey(embedding[Prefix.Length..]);
    }

    /// <summary>Whether each expert is a tensor of its own.</summary>
    public bool ExpertsAreSeparate => _names.ExpertsAreSeparate;

    /// <summary>Whether a tensor is one that code computes instead of reading: rotary frequencies, causal masks, ranges of activations.</summary>
    public static bool IsConstant(string name) =>
        name is "rope_freqs.weight" or "rope_factors_long.weight" or "rope_factors_short.weight"
        || name.EndsWith(".input_scale", StringComparison.Ordinal)
        || name.EndsWith(".rotary_emb.inv_freq", StringComparison.Ordinal)
        || name.EndsWith(".attn_rot_embd.weight", StringComparison.Ordinal)
        || name.EndsWith(".attention.bias", StringComparison.Ordinal)
        || name.EndsWith(".attention.masked_bias", StringComparison.Ordinal);

    /// <summary>Whether the format has a name for the role.</summary>
    public bool Has(TensorRole role) => _names.Find(role) is not null;

    /// <summary>The name of a weight.</summary>
    public string Weight(TensorRole role, int layer, int expert = 0) => Name(role, layer, expert) + ".weight";

    /// <summary>The name of a bias.</summary>
    public string Bias(TensorRole role, int layer) => Name(role, layer, 0) + ".bias";

    /// <summary>The name of the number that a weight is multiplied by.</summary>
    public string Scale(TensorRole role, int layer) => Name(role, layer, 0) + ".scale";

    /// <summary>A name without an end.</summary>
    public string Whole(TensorRole role, int layer) => Name(role, layer, 0);

    private string Name(TensorRole role, int layer, int expert)
    {
        string name = _names.Find(role, layer, expert) ?? role.ToString();
        return _lacksPrefix && name.StartsWith(Prefix, StringComparison.Ordinal) ? name[Prefix.Length..] : name;
    }
}
