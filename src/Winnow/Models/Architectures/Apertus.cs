using Winnow.Compute;
using Winnow.Formats;
using Winnow.Models.Config;
using Winnow.Models.Weights;

namespace Winnow.Models.Architectures;

/// <summary>Apertus: norms of each head, and xIELU, an activation with learnt parameters, instead of a gate.</summary>
/// <remarks>https://arxiv.org/abs/2509.14233.</remarks>
internal static class Apertus
{
    public static Architecture Architecture { get; } = new()
    {
        HuggingFaceName = "apertus",
        GgufName = "apertus",
        QueryKeyNorm = QueryKeyNorm.PerHead,
        IsGated = false,
        HuggingFaceDefaults = """{ "rms_norm_eps": 1e-5, "rope_theta": 12000000.0, "tie_word_embeddings": false, "hidden_act": "xielu" }""",
        ReadXielu = Read,
        HuggingFaceTensors = TensorNames.HuggingFace.With(new()
        {
            [TensorRole.AttentionNorm] = "model.layers.{0}.attention_layernorm",
            [TensorRole.FeedForwardNorm] = "model.layers.{0}.feedforward_layernorm",
        }),
    };

    /// <summary>The raw parameters of all layers, as GGUF files list them: keys without the architecture's name.</summary>
    public static IReadOnlyList<(string Key, string Tensor)> Parameters { get; } =
        [("xielu.alpha_p", "alpha_p"), ("xielu.alpha_n", "alpha_n"), ("xielu.beta", "beta"), ("xielu.eps", "eps")];

    /// <summary>A raw parameter of a layer in a folder of Hugging Face.</summary>
    public static string TensorOf(int layer, string parameter) => $"model.layers.{layer}.mlp.act_fn.{parameter}";

    private static Xielu Read(ITensorFile file, TensorFinder finder, int layer)
    {
        float[] raw = [.. Parameters.Select(parameter => ReadOne(file, finder, layer, parameter.Key, parameter.Tensor))];
        return new Xielu(SoftPlus(raw[0]), raw[2] + SoftPlus(raw[1]), raw[2], raw[3]);
    }

    private static float ReadOne(ITensorFile file, TensorFinder finder, int layer, string key, string parameter)
    {
        if (file is not GgufFile gguf)
        {
            return finder.TakeVector(TensorOf(layer, parameter), 1)[0];
        }

        return gguf.Metadata.GetArrayOrNull<float>(key) is { } values && layer < values.Length ? values[layer]
            : gguf.Metadata.TryGet(key, out object? value) && value is float one ? one
            : throw new ModelFormatException(file.Path, $"metadata key '{key}' must have a number for each layer");
    }

    private static float SoftPlus(float x) => MathF.Max(x, 0) + float.LogP1(MathF.Exp(-MathF.Abs(x)));
}
