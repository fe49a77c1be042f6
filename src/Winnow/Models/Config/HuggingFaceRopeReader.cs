using Winnow.Formats;

namespace Winnow.Models.Config;

/// <summary>Reads rotary embeddings from config.json: transformers 5 keeps them under <c>rope_parameters</c>, 4 has several keys.</summary>
/// <remarks>https://github.com/huggingface/transformers/blob/main/src/transformers/modeling_rope_utils.py</remarks>
internal sealed class HuggingFaceRopeReader(HuggingFaceConfig config)
{
    /// <summary>The rotary embedding of layers that attend to everything, and of those with a window.</summary>
    public (RopeConfig Full, RopeConfig Sliding) Read(int headDimension)
    {
        HuggingFaceConfig? parameters = config.GetObjectOrNull("rope_parameters");
        if (parameters?.GetObjectOrNull("full_attention") is { } full)
        {
            return (Read(full, headDimension, null), Read(parameters.GetObjectOrNull("sliding_attention") ?? full, headDimension, null));
        }

        HuggingFaceConfig? scaling = parameters ?? config.GetObjectOrNull("rope_scaling");
        RopeConfig rope = Read(scaling, headDimension, config.GetSingleOrNull("rope_theta") ?? config.GetSingleOrNull("rotary_emb_base"));
        return (rope, config.GetSingleOrNull("rope_local_base_freq") is { } localBase ? new RopeConfig(localBase, rope.Dimension) : rope);
    }

    private RopeConfig Read(HuggingFaceConfig? parameters, int headDimension, float? defaultBase)
    {
        float? rotated = parameters?.GetSingleOrNull("partial_rotary_factor")
            ?? config.GetSingleOrNull("partial_rotary_factor")
            ?? config.GetSingleOrNull("rotary_pct");
        float theta = parameters?.GetSingleOrNull("rope_theta")
            ?? defaultBase
            ?? throw new ModelFormatException(config.Path, "key 'rope_theta' is missing");

        // Latent attention rotates elements of their own, whatever part of a head they are.
        int dimension = config.GetInt32OrNull("kv_lora_rank") is not null ? headDimension
            // Where rotations have an object of their own, the key is not heeded.
            : (parameters is null ? config.GetInt32OrNull("rotary_dim") : null) ?? (int)(headDimension * (rotated ?? 1));
        if (parameters?.GetSingleOrNull("alpha") is { } alpha and > 0)
        {
            // Hunyuan's NTK scaling: another base, whatever the length.
            return new RopeConfig((float)(theta * Math.Pow(alpha, dimension / (dimension - 2.0))), dimension);
        }

        return TypeOf(parameters) == "proportional"
            ? new RopeConfig(theta, headDimension, new RopeScaling.Proportional(dimension / 2, parameters!.GetSingleOrNull("factor") ?? 1))
            : new RopeConfig(theta, dimension, parameters is null ? null : ReadScaling(parameters));
    }

    private static string TypeOf(HuggingFaceConfig? parameters) => parameters?.GetStringOrNull("rope_type") ?? parameters?.GetStringOrNull("type")
        ?? (parameters?.GetSingleOrNull("factor") is null ? "default" : "linear");

    private RopeScaling? ReadScaling(HuggingFaceConfig parameters)
    {
        string type = TypeOf(parameters);
        int contextLength = config.GetInt32("max_position_embeddings");
        const string OriginalContext = "original_max_position_embeddings";
        int? originalContext = parameters.GetInt32OrNull(OriginalContext) ?? config.GetInt32OrNull(OriginalContext);
        return type switch
        {
            "default" => null,
            "linear" => new RopeScaling.Linear(Factor(parameters)),
            "dynamic" => new RopeScaling.Dynamic(Factor(parameters), contextLength),
            "llama3" => new RopeScaling.Llama3(
                Factor(parameters),
                parameters.GetSingleOrNull("low_freq_factor") ?? 1,
                parameters.GetSingleOrNull("high_freq_factor") ?? 4,
                originalContext ?? contextLength),
            "yarn" => ReadYarn(parameters, originalContext ?? contextLength),
            "longrope" or "su" => ReadLongRope(parameters, originalContext, contextLength),
            _ => throw new ModelFormatException(
                config.Path, $"rotary scaling '{type}' is not supported; supported are default, linear, dynamic, llama3, yarn and longrope"),
        };
    }

    private static RopeScaling.Yarn ReadYarn(HuggingFaceConfig parameters, int originalContext)
    {
        float factor = Factor(parameters);
        float? weight = parameters.GetSingleOrNull("mscale");
        float? allWeight = parameters.GetSingleOrNull("mscale_all_dim");
        float magnitude = parameters.GetSingleOrNull("attention_factor")
            ?? (weight is > 0 && allWeight is > 0
                ? RopeScaling.Yarn.DefaultMagnitude(factor, weight.Value) / RopeScaling.Yarn.DefaultMagnitude(factor, allWeight.Value)
                : RopeScaling.Yarn.DefaultMagnitude(factor));
        return new RopeScaling.Yarn(
            factor,
            originalContext,
            parameters.GetSingleOrNull("beta_fast") ?? 32,
            parameters.GetSingleOrNull("beta_slow") ?? 1,
            magnitude,
            parameters.GetBoolOrNull("truncate") ?? true);
    }

    private static RopeScaling.LongRope ReadLongRope(HuggingFaceConfig parameters, int? originalContext, int contextLength)
    {
        float[] Factors(string key) => parameters.GetSinglesOrNull(key) ?? throw parameters.Wrong(key, "a list of numbers");

        float factor = originalContext is > 0 ? (float)contextLength / originalContext.Value : parameters.GetSingleOrNull("factor") ?? 1;
        int original = originalContext ?? contextLength;
        float magnitude = parameters.GetSingleOrNull("attention_factor")
            ?? (factor <= 1 ? 1 : MathF.Sqrt(1 + (MathF.Log(factor) / MathF.Log(original))));
        return new RopeScaling.LongRope(Factors("short_factor"), Factors("long_factor"), original, magnitude);
    }

    private static float Factor(HuggingFaceConfig parameters) =>
        parameters.GetSingleOrNull("factor") ?? throw parameters.Wrong("factor", "a number");
}
