using Winnow.Attention;
using Winnow.Attention.A2ats;
using Winnow.Attention.Baselines;
using Winnow.Attention.Delta;
using Winnow.Attention.Recycled;
using Winnow.Attention.TokenSparse;
using Winnow.Generation;
using Winnow.Retrieval;

namespace Winnow.PublicApi.Tests;

/// <summary>Attention methods are chosen by text or by options, and what is wrong with a text is said in its own words.</summary>
public sealed class AttentionOptionsTests
{
    public static TheoryData<string, AttentionOptions> Specifications => new()
    {
        { "full", AttentionOptions.Full },
        { "recycled", new() { Decode = new RecycledAttention() } },
        { "recycled:check=7", new() { Decode = new RecycledAttention { Check = 7 } } },
        { "delta", new() { Decode = new DeltaAttention() } },
        { "a2ats", new() { Decode = new A2atsAttention() } },
        { "streaming", new() { Decode = new StreamingAttention() } },
        { "snapkv", new() { Decode = new SnapKvAttention() } },
        { "random", new() { Decode = new RandomAttention() } },
        { "token-sparse", new() { Prefill = new TokenSparseAttention() } },
        { "s3", new() { Transform = new RetrievalAttention() } },
        {
            "s3+token-sparse+recycled",
            new() { Transform = new RetrievalAttention(), Prefill = new TokenSparseAttention(), Decode = new RecycledAttention() }
        },
    };

    [Theory]
    [MemberData(nameof(Specifications))]
    public void A_text_and_options_say_the_same(string specification, AttentionOptions options)
    {
        Assert.Equal(options, AttentionOptions.Parse(specification));
        Assert.Equal(options, AttentionOptions.Parse(options.ToString()));
    }

    [Theory]
    [InlineData("fast", "attention 'fast' is not known; there are full, token-sparse (prompts), recycled, delta, a2ats, ")]
    [InlineData("fast", ", s3 (evidence of long prompts)")]
    [InlineData("", "attention '' is not known")]
    [InlineData("recycled:q=1", "attention 'recycled': there is no key 'q'; keys are ")]
    [InlineData("recycled:k", "'k' must be key=value")]
    [InlineData("recycled:k=0", "k=0 must be an integer")]
    [InlineData("recycled:k=1,k=2", "'k' is given twice")]
    [InlineData("recycled+delta", "decode steps can have one method only")]
    [InlineData("token-sparse+token-sparse", "a prompt can have one method only")]
    [InlineData("s3+s3", "a prompt can be transformed by one method only")]
    public void A_wrong_text_is_refused_with_what_is_wrong(string specification, string message)
    {
        InvalidOptionException error = Assert.Throws<InvalidOptionException>(() => AttentionOptions.Parse(specification));
        Assert.Contains(message, error.Message, StringComparison.Ordinal);
    }
}
