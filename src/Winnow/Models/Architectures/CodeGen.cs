using Winnow.Models.Weights;

namespace Winnow.Models.Architectures;

/// <summary>CodeGen: GPT-J with query, key and value in one projection of four parts.</summary>
/// <remarks>https://arxiv.org/abs/2203.13474.</remarks>
internal static class CodeGen
{
    public static Architecture Architecture { get; } = GptJ.Architecture with
    {
        HuggingFaceName = "codegen",
        GgufName = "codegen",
        HuggingFaceQueryKeyValueOrder = config => Order(config.HiddenSize),
        HuggingFaceTensors = GptJ.Architecture.HuggingFaceTensors.Without(TensorRole.Query, TensorRole.Key, TensorRole.Value)
            .With(new() { [TensorRole.QueryKeyValue] = "transformer.h.{0}.attn.qkv_proj" }),
    };

    /// <summary>The four parts, for as many processors, hold queries, values and keys each.</summary>
    private static int[] Order(int width)
    {
        const int Parts = 4;
        int own = width / Parts;
        IEnumerable<int> Rows(int place) => Enumerable.Range(0, Parts).SelectMany(part => Enumerable.Range(((part * 3) + place) * own, own));
        return [.. Rows(0), .. Rows(2), .. Rows(1)];
    }
}
