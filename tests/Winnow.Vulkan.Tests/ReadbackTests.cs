using Winnow.Generation;
using Winnow.Models;
using Winnow.Tests.Models;

namespace Winnow.Vulkan.Tests;

/// <summary>What the host reads for a token: its logits, and what a method that chooses rows on the host looks at. Nothing else is computed there.</summary>
public sealed class ReadbackTests
{
    private const int PromptLength = 64;
    private const int Steps = 8;

    /// <summary>Bytes that a method may read for a token, of a model and the tokens in its cache, beside the logits.</summary>
    private static readonly Dictionary<string, Func<ModelInfo, int, long>> Allowed = new()
    {
        ["full"] = (_, _) => 0,
        ["streaming:sinks=2,window=8"] = (_, _) => 0,
        ["snapkv:budget=20,window=8"] = (_, _) => 0,
        ["token-sparse:tau=0.1,window=8,min=16,from=0"] = (_, _) => 0,
        ["recycled:k=8,from=0,stride=4"] = (model, length) => Mass(model, length) / 4,
        ["recycled:k=8,from=0"] = (model, length) => Mass(model, length) + Queries(model),
        ["delta:page=4,pages=3,recent=1,from=0"] = Mass,
        ["a2ats:codebook=online,budget=20,window=8"] = (model, _) => Queries(model) + Keys(model),
    };

    public static TheoryData<string> Methods => [.. Allowed.Keys];

    [Theory]
    [MemberData(nameof(Methods))]
    public void A_token_brings_its_logits_back_and_what_its_method_looks_at(string attention)
    {
        string folder = TinyModels.Path("llama");
        int[] ids = Golden.Open(folder).Ids;
        using VulkanDevice device = TestDevice.Open();
        using Model model = Model.Load(folder, device);
        using TokenReader reader = new(model, 300, AttentionOptions.Parse(attention));
        reader.ReadPrompt(ids[..PromptLength]);
        long before = device.Context.Commands.BytesRead;
        for (int i = 0; i < Steps; i++)
        {
            reader.Step(ids[i]);
        }

        long logits = (long)Steps * model.Info.VocabularySize * sizeof(float);
        long read = device.Context.Commands.BytesRead - before - logits;
        TestContext.Current.TestOutputHelper!.WriteLine($"{attention}: {read / Steps} of {Allowed[attention](model.Info, PromptLength + Steps)} bytes");
        Assert.InRange(read, 0, Steps * Allowed[attention](model.Info, PromptLength + Steps));
    }

    /// <summary>The attention of a token in all layers.</summary>
    private static long Mass(ModelInfo model, int length) => (long)model.Layers * model.QueryHeads * length * sizeof(float);

    private static long Queries(ModelInfo model) => (long)model.Layers * model.QueryHeads * model.HeadDimension * sizeof(float);

    private static long Keys(ModelInfo model) => (long)model.Layers * model.KvHeads * model.HeadDimension * sizeof(float);
}
