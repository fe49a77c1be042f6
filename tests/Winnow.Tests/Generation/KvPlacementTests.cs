using Winnow.Cache;
using Winnow.Generation;
using Winnow.Tensors;
using Winnow.Tests.Formats;
using Winnow.Tests.Models;

namespace Winnow.Tests.Generation;

/// <summary>Where keys and values lie changes no bit of an answer, whatever the method; their types may differ.</summary>
public sealed class KvPlacementTests : IDisposable
{
    private static readonly int[] Prompt = [.. Enumerable.Range(0, 300).Select(i => 3 + (i * 7919 % 310))];

    private readonly Engine _engine = Engine.Load(TinyModels.Path("llama"), new EngineOptions { Threads = 2 });
    private readonly TemporaryFolder _folder = new();

    public void Dispose()
    {
        _engine.Dispose();
        _folder.Dispose();
    }

    [Theory]
    [InlineData("full")]
    [InlineData("recycled:k=24,stride=7,pool=3")]
    [InlineData("delta:page=8,pages=4,recent=1,from=0")]
    [InlineData("streaming:sinks=2,window=30")]
    [InlineData("a2ats:rho=0.1,window=16,codebook=online,centroids=16")]
    public void The_kind_of_memory_changes_no_bit(string specification)
    {
        float[] expected = Logits(new SessionOptions { Attention = AttentionOptions.Parse(specification) });
        foreach (KvTier tier in new[] { KvTier.Ram, KvTier.Disk })
        {
            foreach (long resident in new[] { 0L, 1L << 20 })
            {
                SessionOptions options = new()
                {
                    Attention = AttentionOptions.Parse(specification),
                    KvTier = tier,
                    KvResidentBytes = resident,
                    ScratchDirectory = _folder.Root,
                };
                Assert.Equal(expected, Logits(options));
            }
        }

        Assert.Empty(Directory.GetFiles(_folder.Root));
    }

    [Fact]
    public void Full_attention_can_keep_its_rows_on_disk()
    {
        using Session session = _engine.CreateSession(new SessionOptions { KvTier = KvTier.Disk, KvResidentBytes = 0, ScratchDirectory = _folder.Root });
        Assert.Equal(_folder.Root, session.Diagnostics.ScratchDirectory);
        session.Prefill(Prompt);
        session.Diagnostics.Step(5);
        Assert.Equal(0, session.Diagnostics.KvHitRate);
    }

    [Fact]
    public void The_attention_method_says_where_rows_lie_before_the_session_does()
    {
        using Session session = _engine.CreateSession(new SessionOptions
        {
            Attention = AttentionOptions.Parse("a2ats:codebook=online,centroids=16,tier=ram"),
            KvTier = KvTier.Disk,
            ScratchDirectory = _folder.Root,
        });
        Assert.Null(session.Diagnostics.ScratchDirectory);
    }

    [Fact]
    public void Keys_and_values_have_types_of_their_own()
    {
        float[] both = Logits(new SessionOptions { KvType = TensorType.F32 });
        float[] named = Logits(new SessionOptions { KeyType = TensorType.F32, ValueType = TensorType.F32 });
        float[] mixed = Logits(new SessionOptions { KvType = TensorType.F32, ValueType = TensorType.F16 });
        Assert.Equal(both, named);
        Assert.NotEqual(both, mixed);
        Assert.Equal(both, mixed, (x, y) => Math.Abs(x - y) < 0.02f * (1 + Math.Abs(x)));
    }

    private float[] Logits(SessionOptions options)
    {
        using Session session = _engine.CreateSession(options);
        session.Prefill(Prompt);
        List<float> logits = [.. session.Diagnostics.Logits];
        for (int i = 0; i < 20; i++)
        {
            logits.AddRange(session.Diagnostics.Step(Prompt[i]));
        }

        return [.. logits];
    }
}
