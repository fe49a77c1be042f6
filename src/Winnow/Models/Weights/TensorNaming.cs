using System.Globalization;
using Winnow.Formats;
using Winnow.Models.Architectures;

namespace Winnow.Models.Weights;

/// <summary>What the tensors of one file are called.</summary>
internal sealed class TensorNaming
{
    /// <summary>What lightning attention forgets by follows from the numbers of heads and layers.</summary>
    private static readonly string[] LightningConstants =
        [".self_attn.slope_rate", ".self_attn.query_decay", ".self_attn.key_decay", ".self_attn.diagonal_decay"];

    private readonly ITensorFile _file;
    private readonly TensorNames _names;
    private readonly bool _isHuggingFace;
    private readonly string _prefix;

    public TensorNaming(ITensorFile file, Architecture architecture)
    {
        _file = file;
        _isHuggingFace = file is SafetensorsFile;
        _names = _isHuggingFace ? architecture.HuggingFaceTensors : architecture.GgufTensors;

        // Models that were saved without their head (embedding models, GPT-2) lack what other names begin with.
        _prefix = "";
        string embedding = Weight(TensorRole.Embedding, 0);
        string first = embedding[..(embedding.IndexOf('.', StringComparison.Ordinal) + 1)];
        if (_isHuggingFace && !file.Tensors.ContainsKey(embedding) && file.Tensors.ContainsKey(embedding[first.Length..]))
        {
            _prefix = first;
        }
    }

    /// <summary>Whether a tensor is one that code computes instead of reading: rotary frequencies, causal masks, ranges of activations.</summary>
    public static bool IsConstant(string name) =>
        name is "rope_freqs.weight" or "rope_factors_long.weight" or "rope_factors_short.weight"
        || name.EndsWith(".input_scale", StringComparison.Ordinal)
        || Array.Exists(LightningConstants, end => name.EndsWith(end, StringComparison.Ordinal))
        || name.EndsWith(".rotary_emb.inv_freq", StringComparison.Ordinal)
        || name.EndsWith(".attn_rot_embd.weight", StringComparison.Ordinal)
        || name.EndsWith(".attention.bias", StringComparison.Ordinal)
        || name.EndsWith(".attention.masked_bias", StringComparison.Ordinal)
        || name.EndsWith(".attn.bias", StringComparison.Ordinal)
        || name.EndsWith(".attn.masked_bias", StringComparison.Ordinal);

    /// <summary>The number in a tensor's name: the first, for that of an expert follows its layer's.</summary>
    public static int? LayerOf(string name)
    {
        foreach (string part in name.Split('.'))
        {
            if (int.TryParse(part, NumberStyles.None, CultureInfo.InvariantCulture, out int layer))
            {
                return layer;
            }
        }

        return null;
    }

    /// <summary>Whether the format has a name for the role.</summary>
    public bool Has(TensorRole role) => _names.Find(role) is not null;

    /// <summary>Whether the matrices of experts are a tensor each.</summary>
    public bool IsSeparate(TensorRole role) => _names.IsSeparate(role);

    /// <summary>Whether the file has the weight.</summary>
    public bool Contains(TensorRole role, int layer) => Has(role) && _file.Tensors.ContainsKey(Weight(role, layer));

    /// <summary>The name of a weight; some have no ending.</summary>
    public string Weight(TensorRole role, int layer, int expert = 0)
    {
        string[] names = Names(role, layer, expert);
        foreach (string name in names)
        {
            if (_file.Tensors.ContainsKey(name + ".weight"))
            {
                return name + ".weight";
            }

            if (_file.Tensors.ContainsKey(name))
            {
                return name;
            }
        }

        return names[0] + ".weight";
    }

    /// <summary>The name of a bias.</summary>
    public string Bias(TensorRole role, int layer)
    {
        string[] names = Names(role, layer, 0);
        foreach (string name in names)
        {
            // Where names have alternatives, the bias is that of the weight.
            if (names.Length > 1 && !_file.Tensors.ContainsKey(name + ".weight"))
            {
                continue;
            }

            if (_file.Tensors.ContainsKey(name + ".bias"))
            {
                return name + ".bias";
            }

            if (_file.Tensors.ContainsKey(name + "_bias"))
            {
                return name + "_bias";
            }
        }

        return names[0] + ".bias";
    }

    /// <summary>The name of the number that a weight is multiplied by.</summary>
    public string Scale(TensorRole role, int layer) => Names(role, layer, 0)[0] + ".scale";

    /// <summary>A name without an end.</summary>
    public string Whole(TensorRole role, int layer) => Names(role, layer, 0)[0];

    /// <summary>What the role may be called.</summary>
    private string[] Names(TensorRole role, int layer, int expert)
    {
        string[] names = (_names.Find(role, layer, expert) ?? role.ToString()).Split('|');
        return _prefix.Length == 0 ? names
            : Array.ConvertAll(names, name => name.StartsWith(_prefix, StringComparison.Ordinal) ? name[_prefix.Length..] : name);
    }
}
