using System.Globalization;
using Winnow.Tensors;

namespace Winnow.Lab.Quantization;

/// <summary>Names of the mixtures and which type each tensor of a model gets in one.</summary>
/// <remarks>
/// The choices are those of llama.cpp's quantizer, so that files of the same name are comparable:
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

    /// <summary>Reads a mixture's name, in any case. <c>Q3_K</c>, <c>Q4_K</c> and <c>Q5_K</c> mean their medium mixtures.</summary>
    /// <exception cref="WinnowException">There is no such mixture.</exception>
    public static QuantizationMix Parse(string name)
    {
        ArgumentNullException.ThrowIfNull(name);
        string canonical = name.ToUpperInvariant() is "Q3_K" or "Q4_K" or "Q5_K" ? name + "_M" : name;
        foreach (QuantizationMix mix in Enum.GetValues<QuantizationMix>())
        {
            if (canonical.Equals(mix.ToString(), StringComparison.OrdinalIgnoreCase))
            {
                return mix;
            }
        }

        // llama.cpp has no other mixture of it either.
        string hint = canonical.Equals(nameof(TensorType.MXFP4), StringComparison.OrdinalIgnoreCase)
            ? $"MXFP4 is the type of experts in {QuantizationMix.MXFP4_MOE}, which keeps other matrices in Q8_0; "
            : "";
        throw new WinnowException($"there is no quantization '{name}'; {hint}choose one of {string.Join(", ", Names)}");
    }

    /// <summary>Whether so few bits are left that a model hardly speaks any more unless they are spent by an <see cref="ImportanceMatrix"/>.</summary>
    public static bool NeedImportance(QuantizationMix mix) => mix is QuantizationMix.IQ2_XXS or QuantizationMix.IQ2_XS or QuantizationMix.IQ2_S
        or QuantizationMix.IQ2_M or QuantizationMix.IQ1_S or QuantizationMix.IQ1_M or QuantizationMix.Q2_K_S or QuantizationMix.IQ3_XXS;

    /// <summary>Chooses a type for every tensor of a model.</summary>
    /// <param name="mix">The mixture.</param>
    /// <param name="model">What the choice depends on besides names and shapes.</param>
    /// <param name="tensors">All tensors, in any order.</param>
    /// <param name="hasImportance">Whether an importance matrix is at hand, with which fewer bits do.</param>
    /// <param name="isPure">Whether all matrices get the mixture's own type.</param>
    /// <returns>The type of each tensor by its name; a tensor that is not to be quantized keeps its own.</returns>
    internal static Dictionary<string, TensorType> Choose(
        QuantizationMix mix,
        ModelTraits model,
        IReadOnlyCollection<TensorDescription> tensors,
        bool hasImportance = false,
        bool isPure = false)
    {
        bool isTied = tensors.All(tensor => tensor.Name != "output.weight");
        Dictionary<string, TensorType> types = new(StringComparer.Ordinal);
        foreach (TensorDescription tensor in tensors.Where(tensor => !IsQuantized(tensor)))
        {
            types.Add(tensor.Name, tensor.Type);
        }

        // A layer's rank among those that have the tensor decides, not its number: layers may lack attention or a dense FFN.
        Dictionary<TensorPart, int> ranks = [];
        MixtureChoice choice = new(mix, model, hasImportance, tensors.Count(tensor => IsValue(tensor.Name)));
        IOrderedEnumerable<TensorDescription> quantized = tensors.Where(IsQuantized)
            .OrderBy(tensor => Layer(tensor.Name))
            .ThenBy(tensor => tensor.Name, StringComparer.Ordinal);
        foreach (TensorDescription tensor in quantized)
        {
            TensorType type = DefaultType(mix);
            if (type.BlockLength() > 1)
            {
                TensorPart part = PartOf(tensor.Name, isTied);
                int rank = ranks.GetValueOrDefault(part);
                ranks[part] = rank + 1;
                type = isPure ? type : choice.Of(part, type, tensor, rank, Layer(tensor.Name));
                type = ThatFits(type, tensor.Columns);
            }

            types.Add(tensor.Name, type);
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
        QuantizationMix.Q2_K or QuantizationMix.Q2_K_S => TensorType.Q2_K,
        QuantizationMix.Q3_K_S or QuantizationMix.Q3_K_M or QuantizationMix.Q3_K_L => TensorType.Q3_K,
        QuantizationMix.Q4_K_S or QuantizationMix.Q4_K_M => TensorType.Q4_K,
        QuantizationMix.Q5_K_S or QuantizationMix.Q5_K_M => TensorType.Q5_K,
        QuantizationMix.Q6_K => TensorType.Q6_K,
        QuantizationMix.IQ2_XXS => TensorType.IQ2_XXS,
        QuantizationMix.IQ2_XS or QuantizationMix.IQ2_S => TensorType.IQ2_XS,
        QuantizationMix.IQ2_M => TensorType.IQ2_S,
        QuantizationMix.IQ3_XXS => TensorType.IQ3_XXS,
        QuantizationMix.IQ3_XS or QuantizationMix.IQ3_S or QuantizationMix.IQ3_M => TensorType.IQ3_S,
        QuantizationMix.IQ1_S => TensorType.IQ1_S,
        QuantizationMix.IQ1_M => TensorType.IQ1_M,
        QuantizationMix.IQ4_NL => TensorType.IQ4_NL,
        QuantizationMix.IQ4_XS => TensorType.IQ4_XS,
        QuantizationMix.TQ1_0 => TensorType.TQ1_0,
        QuantizationMix.TQ2_0 => TensorType.TQ2_0,
        QuantizationMix.MXFP4_MOE => TensorType.MXFP4,
        QuantizationMix.NVFP4 => TensorType.NVFP4,
        QuantizationMix.Q1_0 => TensorType.Q1_0,
        QuantizationMix.Q2_0 => TensorType.Q2_0,
        _ => throw new ArgumentOutOfRangeException(nameof(mix), mix, "no such mixture"),
    };

    /// <summary>Which part of a layer, or of the model, a matrix is.</summary>
    private static TensorPart PartOf(string name, bool isTied) => name switch
    {
        "output.weight" => TensorPart.Output,
        _ when IsEmbedding(name) => isTied ? TensorPart.Output : TensorPart.Embedding,
        _ when IsValue(name) => TensorPart.Value,
        _ when name.Contains("attn_k.weight", StringComparison.Ordinal) => TensorPart.Key,
        _ when name.Contains("attn_q.weight", StringComparison.Ordinal) => TensorPart.Query,
        _ when name.Contains("attn_output.weight", StringComparison.Ordinal) => TensorPart.AttentionOutput,
        _ when name.Contains("ffn_down", StringComparison.Ordinal) => TensorPart.Down,
        _ when name.Contains("ffn_gate", StringComparison.Ordinal) => TensorPart.Gate,
        _ when name.Contains("ffn_up", StringComparison.Ordinal) => TensorPart.Up,
        _ => TensorPart.Other,
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

    /// <summary>Where blocks do not divide a row: the nearest type with blocks of 32; F16 where they do not either.</summary>
    private static TensorType ThatFits(TensorType type, long columns)
    {
        TensorType fallback = type switch
        {
            _ when columns % type.BlockLength() == 0 => type,
            TensorType.Q4_K => TensorType.Q5_0,
            TensorType.Q5_K => TensorType.Q5_1,
            TensorType.Q6_K => TensorType.Q8_0,
            TensorType.Q2_0 or TensorType.Q2_K or TensorType.Q3_K or TensorType.TQ1_0 or TensorType.TQ2_0 => TensorType.Q4_0,
            TensorType.IQ1_S or TensorType.IQ1_M or TensorType.IQ2_XXS or TensorType.IQ2_XS or TensorType.IQ2_S
                or TensorType.IQ3_XXS or TensorType.IQ3_S or TensorType.IQ4_XS => TensorType.IQ4_NL,
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
