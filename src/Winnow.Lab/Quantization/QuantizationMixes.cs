using System.Globalization;
using Winnow.Tensors;

namespace Winnow.Lab.Quantization;

/// <summary>Names of the mixtures and which type each tensor of a model gets in one.</summary>
/// <remarks>
/// The choices are those of llama.cpp's quantizer without an importance matrix, so that files of the same name are comparable:
/// the output (or the embedding that is also the output), the attention values and the down projections of the first and last
/// eighth of the layers and of every third between them are worth more bits. Beside eight experts, attention takes few bytes, and
/// gets more.
/// </remarks>
public static class QuantizationMixes
{
    private static readonly string[] KeptAsTheyAre =
    [
        "_norm.weight", "ffn_gate_inp.weight", "position_embd.weight", "token_types.weight", "attn_rel_b.weight",
        "ssm_conv1d", "shortconv.conv.weight", "altup", "laurel", "per_layer_model_proj",
    ];

    /// <summary>The names of all mixtures, as <see cref="Parse"/> reads them.</summary>
    public static IReadOnlyList<string> Names { get; } = Enum.GetNames<QuantizationMix>();

    /// <summary>Reads a mixture's name, in any case. <c>Q4_K</c> and <c>Q5_K</c> mean their medium mixtures.</summary>
    /// <exception cref="WinnowException">There is no such mixture.</exception>
    public static QuantizationMix Parse(string name)
    {
        ArgumentNullException.ThrowIfNull(name);
        string canonical = name.ToUpperInvariant() is "Q4_K" or "Q5_K" ? name + "_M" : name;
        foreach (QuantizationMix mix in Enum.GetValues<QuantizationMix>())
        {
            if (canonical.Equals(mix.ToString(), StringComparison.OrdinalIgnoreCase))
            {
                return mix;
            }
        }

        throw new WinnowException($"there is no quantization '{name}'; choose one of {string.Join(", ", Names)}");
    }

    /// <summary>Chooses a type for every tensor of a model.</summary>
    /// <param name="mix">The mixture.</param>
    /// <param name="model">What the choice depends on besides names and shapes.</param>
    /// <param name="tensors">All tensors, in any order.</param>
    /// <returns>The type of each tensor by its name; a tensor that is not to be quantized keeps its own.</returns>
    internal static Dictionary<string, TensorType> Choose(
        QuantizationMix mix, ModelTraits model, IReadOnlyCollection<TensorDescription> tensors)
    {
        bool isTied = tensors.All(tensor => tensor.Name != "output.weight");
        Dictionary<string, TensorType> types = new(StringComparer.Ordinal);
        foreach (TensorDescription tensor in tensors.Where(tensor => !IsQuantized(tensor)))
        {
            types.Add(tensor.Name, tensor.Type);
        }

        // A layer's rank among those that have the tensor decides, not its number: layers may lack attention or a dense FFN.
        int valueRank = 0;
        int downRank = 0;
        int values = tensors.Count(tensor => IsValue(tensor.Name));
        IOrderedEnumerable<TensorDescription> quantized = tensors.Where(IsQuantized)
            .OrderBy(tensor => Layer(tensor.Name))
            .ThenBy(tensor => tensor.Name, StringComparer.Ordinal);
        foreach (TensorDescription tensor in quantized)
        {
            string name = tensor.Name;
            TensorType type = DefaultType(mix);
            if (type.BlockLength() > 1)
            {
                if (name == "output.weight" || (isTied && IsEmbedding(name)))
                {
                    type = OutputType(type, tensor.Columns);
                }
                else if (IsValue(name))
                {
                    type = ValueType(mix, type, model, valueRank++, values);
                }
                else if (model.Experts == 8 && name.Contains("attn_k.weight", StringComparison.Ordinal))
                {
                    type = TensorType.Q8_0;
                }
                else if (model.Experts == 8 && name.Contains("attn_output.weight", StringComparison.Ordinal))
                {
                    type = type == TensorType.Q4_K ? TensorType.Q5_K : type;
                }
                else if (name.Contains("ffn_down", StringComparison.Ordinal))
                {
                    type = DownType(mix, type, model.Experts > 1 ? Layer(name) : downRank, model.Layers);
                    downRank++;
                }

                type = ThatFits(type, tensor.Columns);
            }

            types.Add(name, type);
        }

        return types;
    }

    /// <summary>The type that a mixture is named after.</summary>
    internal static TensorType DefaultType(QuantizationMix mix) => mix switch
    {
        QuantizationMix.F32 => TensorType.F32,
        QuantizationMix.F16 => TensorType.F16,
        QuantizationMix.BF16 => TensorType.BF16,
        QuantizationMix.Q4_0 => TensorType.Q4_0,
        QuantizationMix.Q4_1 => TensorType.Q4_1,
        QuantizationMix.Q5_0 => TensorType.Q5_0,
        QuantizationMix.Q5_1 => TensorType.Q5_1,
        QuantizationMix.Q8_0 => TensorType.Q8_0,
        QuantizationMix.Q4_K_S or QuantizationMix.Q4_K_M => TensorType.Q4_K,
        QuantizationMix.Q5_K_S or QuantizationMix.Q5_K_M => TensorType.Q5_K,
        QuantizationMix.Q6_K => TensorType.Q6_K,
        _ => throw new ArgumentOutOfRangeException(nameof(mix), mix, "no such mixture"),
    };

    /// <summary>Matrices named "….weight" are quantized, unless they are small and sensitive.</summary>
    private static bool IsQuantized(TensorDescription tensor) =>
        tensor.IsMatrix
        && tensor.Name.EndsWith("weight", StringComparison.Ordinal)
        && !Array.Exists(KeptAsTheyAre, part => tensor.Name.Contains(part, StringComparison.Ordinal));

    private static bool IsEmbedding(string name) => name is "token_embd.weight" or "per_layer_token_embd.weight";

    private static bool IsValue(string name) =>
        name.Contains("attn_v.weight", StringComparison.Ordinal)
        || name.Contains("attn_qkv.weight", StringComparison.Ordinal)
        || name.Contains("attn_kv_b.weight", StringComparison.Ordinal);

    private static TensorType OutputType(TensorType type, long columns) =>
        columns % type.BlockLength() != 0 || type == TensorType.Q8_0 ? TensorType.Q8_0 : TensorType.Q6_K;

    private static TensorType ValueType(QuantizationMix mix, TensorType type, ModelTraits model, int rank, int count)
    {
        if (mix is QuantizationMix.Q4_K_M or QuantizationMix.Q5_K_M && IsWorthMoreBits(rank, count))
        {
            type = TensorType.Q6_K;
        }
        else if (mix == QuantizationMix.Q4_K_S && rank < 4)
        {
            type = TensorType.Q5_K;
        }

        // Eight query heads share these values: few bytes, much influence.
        if (model.Is70B && type == TensorType.Q4_K)
        {
            type = TensorType.Q5_K;
        }

        return model.Experts == 8 ? TensorType.Q8_0 : type;
    }

    private static TensorType DownType(QuantizationMix mix, TensorType type, int layer, int layers) => mix switch
    {
        QuantizationMix.Q4_K_M or QuantizationMix.Q5_K_M when IsWorthMoreBits(layer, layers) => TensorType.Q6_K,
        QuantizationMix.Q4_K_S when layer < layers / 8 => TensorType.Q5_K,
        _ => type,
    };

    private static bool IsWorthMoreBits(int layer, int layers) =>
        layer < layers / 8 || layer >= 7 * layers / 8 || (layer - layers / 8) % 3 == 2;

    /// <summary>Rows that are no multiple of 256 take the next larger type with blocks of 32; no multiple of 32, F16.</summary>
    private static TensorType ThatFits(TensorType type, long columns)
    {
        TensorType fallback = type switch
        {
            _ when columns % type.BlockLength() == 0 => type,
            TensorType.Q4_K => TensorType.Q5_0,
            TensorType.Q5_K => TensorType.Q5_1,
            TensorType.Q6_K => TensorType.Q8_0,
            _ => TensorType.F16,
        };
        return columns % fallback.BlockLength() == 0 ? fallback : TensorType.F16;
    }

    /// <summary>The number in "blk.N.…", or −1.</summary>
    private static int Layer(string name)
    {
        ReadOnlySpan<char> rest = name.StartsWith("blk.", StringComparison.Ordinal) ? name.AsSpan(4) : default;
        int end = rest.IndexOf('.');
        return end > 0 && int.TryParse(rest[..end], NumberStyles.None, CultureInfo.InvariantCulture, out int layer) ? layer : -1;
    }
}
