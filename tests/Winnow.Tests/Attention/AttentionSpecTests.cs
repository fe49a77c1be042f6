using Winnow.Attention.Delta;
using Winnow.Attention.Recycled;
using Winnow.Attention.TokenSparse;
using Winnow.Generation;

namespace Winnow.Tests.Attention;

/// <summary>What users write after <c>--attention</c>.</summary>
public class AttentionSpecTests
{
    [Theory]
    [InlineData("full")]
    [InlineData("recycled")]
    [InlineData("recycled:k=300,stride=16,pool=1")]
    [InlineData("recycled:k=300,check=3,threshold=0.5,from=77")]
    [InlineData("delta")]
    [InlineData("delta:budget=1000,recent=2,select=2/14-16/22,warmup=2,heads=kv")]
    [InlineData("delta:page=32,pages=9,from=5")]
    [InlineData("token-sparse")]
    [InlineData("token-sparse:tau=0.01,window=64,pool=5,min=12,layers=3-5,heads=kv")]
    [InlineData("token-sparse:window=64,heads=query")]
    [InlineData("streaming:sinks=2,window=9")]
    [InlineData("snapkv:budget=99,window=9,pool=3")]
    [InlineData("random:budget=9,seed=3")]
    [InlineData("token-sparse+delta:pages=10")]
    [InlineData("recycled + token-sparse")]
    public void A_specification_and_its_options_say_the_same(string specification)
    {
        AttentionOptions options = AttentionOptions.Parse(specification);
        Assert.Equal(options.ToString(), AttentionOptions.Parse(options.ToString()).ToString());
    }

    [Fact]
    public void Keys_reach_the_options()
    {
        AttentionOptions options = AttentionOptions.Parse("token-sparse:tau=0.25,layers=3-5/9+delta:budget=1000,page=32,select=1/4");
        TokenSparseAttention prefill = Assert.IsType<TokenSparseAttention>(options.Prefill);
        Assert.Equal(0.25f, prefill.Coverage);
        Assert.Equal([3, 4, 5, 9], prefill.Layers!);
        DeltaAttention decode = Assert.IsType<DeltaAttention>(options.Decode);
        Assert.Equal(32, decode.Pages);
        Assert.Equal([1, 4], decode.SelectingLayers!);
    }

    [Theory]
    [InlineData("recycled", true)]
    [InlineData("recycled:pool=5", true)]
    [InlineData("recycled:k=64", false)]
    [InlineData("delta", true)]
    [InlineData("delta:budget=64", false)]
    [InlineData("delta:pages=64", false)]
    [InlineData("token-sparse", true)]
    [InlineData("token-sparse:min=64", false)]
    public void Naming_a_budget_asks_for_it_at_any_length(string specification, bool waits)
    {
        AttentionOptions options = AttentionOptions.Parse(specification);
        int from = options.Prefill is TokenSparseAttention prefill ? prefill.From
            : options.Decode is DeltaAttention delta ? delta.From : ((RecycledAttention)options.Decode!).From;
        Assert.Equal(waits, from > 0);
    }

    [Theory]
    [InlineData("recycle", "full", "token-sparse", "recycled", "delta", "streaming", "snapkv")]
    [InlineData("recycled:budget=5", "there is no key 'budget'", "k", "stride", "check", "threshold", "pool", "from")]
    [InlineData("delta:k=5", "there is no key 'k'", "budget", "pages", "select")]
    [InlineData("token-sparse:tau=2", "tau=2", "0", "1")]
    [InlineData("recycled:k=0", "k=0", "1 or more")]
    [InlineData("recycled:k=many", "k=many")]
    [InlineData("recycled:k", "'k' must be key=value")]
    [InlineData("recycled:k=1,k=2", "'k' is given twice")]
    [InlineData("recycled:pool=4", "odd")]
    [InlineData("recycled:stride=3,check=4", "one of them")]
    [InlineData("delta:page=0", "page=0", "1 to 65536")]
    [InlineData("delta:budget=512,pages=3", "one of them")]
    [InlineData("delta:pages=3,recent=4", "do not fit")]
    [InlineData("delta:select=9-3", "select=9-3")]
    [InlineData("delta:heads=some", "all or kv")]
    [InlineData("snapkv:budget=10,window=10", "does not fit")]
    [InlineData("recycled+delta", "one method only")]
    [InlineData("token-sparse+token-sparse", "one method only")]
    [InlineData("", "full", "recycled")]
    public void Errors_name_the_mistake_and_what_exists(string specification, params string[] words)
    {
        string message = Assert.Throws<InvalidOptionException>(() => AttentionOptions.Parse(specification)).Message;
        Assert.All(words, word => Assert.Contains(word, message, StringComparison.Ordinal));
        Assert.DoesNotContain('\n', message);
    }
}
