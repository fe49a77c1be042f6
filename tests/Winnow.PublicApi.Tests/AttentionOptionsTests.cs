using Winnow.Cache;
using Winnow.Generation;
using Winnow.Retrieval;

namespace Winnow.PublicApi.Tests;

/// <summary>Attention methods are chosen by text or by options, and what is wrong with a text is said in its own words.</summary>
public sealed class AttentionOptionsTests
{
    public static TheoryData<string, AttentionOptions> Specifications => new()
    {
        { "full", AttentionOptions.Full },
        { "recycled", AttentionOptions.Full.WithRecycled() },
        { "recycled:k=64,stride=4,from=0", AttentionOptions.Full.WithRecycled(k: 64, stride: 4, from: 0) },
        { "recycled:check=7,threshold=0.5,pool=9", AttentionOptions.Full.WithRecycled(check: 7, threshold: 0.5f, pool: 9) },
        { "delta", AttentionOptions.Full.WithDelta() },
        {
            "delta:pages=128,page=8,recent=4,warmup=1,select=2/6,heads=kv,from=9",
            AttentionOptions.Full.WithDelta(pages: 128, page: 8, recent: 4, warmup: 1, selectingLayers: [2, 6], perKvHead: true, from: 9)
        },
        { "a2ats", AttentionOptions.Full.WithA2ats() },
        {
            "a2ats:rho=0.1,window=32,sink=4,far=256,centroids=16,codebook=online,tier=disk,resident=1MiB",
            AttentionOptions.Full.WithA2ats(rho: 0.1, window: 32, sink: 4, far: 256, centroids: 16, codebook: "online", tier: KvTier.Disk, residentBytes: 1 << 20)
        },
        { "a2ats:budget=50", AttentionOptions.Full.WithA2ats(budget: 50) },
        { "token-sparse", AttentionOptions.Full.WithTokenSparse() },
        {
            "token-sparse:tau=0.01,window=64,pool=5,min=100,part=0.25,from=7,layers=4/5,heads=query",
            AttentionOptions.Full.WithTokenSparse(coverage: 0.01f, window: 64, pool: 5, minimum: 100, minimumPart: 0.25, from: 7, layers: [4, 5], perKvHead: false)
        },
        { "s3", AttentionOptions.Full.WithRetrieval() },
        { "s3:budget=0.1,chunk=512", AttentionOptions.Full.WithRetrieval(new SearchOptions { Budget = 0.1 }, new IndexOptions { ChunkTokens = 512 }) },
        { "s3+token-sparse+recycled", AttentionOptions.Full.WithRetrieval().WithTokenSparse().WithRecycled() },
        { "s3+token-sparse+recycled", AttentionOptions.Full.WithDelta().WithRecycled().WithTokenSparse().WithRetrieval() },
    };

    [Theory]
    [MemberData(nameof(Specifications))]
    public void A_text_and_options_say_the_same(string specification, AttentionOptions options)
    {
        Assert.Equal(options.ToString(), AttentionOptions.Parse(specification).ToString());
        Assert.Equal(options.ToString(), AttentionOptions.Parse(options.ToString()).ToString());
    }

    [Fact]
    public void Methods_are_values()
    {
        Assert.Equal(AttentionOptions.Full, AttentionOptions.Parse("full"));
        Assert.Equal(AttentionOptions.Full.WithDelta(), AttentionOptions.Parse("delta"));
        Assert.NotEqual(AttentionOptions.Full.WithDelta(), AttentionOptions.Full.WithDelta(pages: 65));
        Assert.Equal((false, true, true), (AttentionOptions.Full.WithTokenSparse().HasDecodeMethod, AttentionOptions.Full.WithA2ats().HasDecodeMethod, AttentionOptions.Parse("random").HasDecodeMethod));
    }

    [Fact]
    public void A_value_out_of_its_range_is_refused_where_it_is_set()
    {
        ArgumentOutOfRangeException error = Assert.Throws<ArgumentOutOfRangeException>(() => AttentionOptions.Full.WithDelta(pages: 0));
        Assert.Contains("Pages is 0; allowed: 1 or more", error.Message, StringComparison.Ordinal);
    }

    [Theory]
    [InlineData("streaming", "streaming:sinks=4,window=1020")]
    [InlineData("snapkv", "snapkv:budget=1024,window=32,pool=7")]
    [InlineData("random", "random:budget=1024,seed=1")]
    public void Baselines_are_named_in_texts(string specification, string whole) => Assert.Equal(whole, AttentionOptions.Parse(specification).ToString());

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
