using Winnow.Attention.A2ats;
using Winnow.Cache;
using Winnow.Generation;

namespace Winnow.Tests.Attention.A2ats;

public class A2atsAttentionTests
{
    [Theory]
    [InlineData("a2ats:rho=0.03,window=64,sink=8")]
    [InlineData("a2ats:window=64,sink=8")]
    [InlineData("a2ats:rho=0.04815967725673653,sink=8")]
    [InlineData("a2ats:budget=512,window=128,sink=4,far=1024,centroids=256,codebook=online")]
    [InlineData("token-sparse:tau=0.005,window=64,pool=7,min=512+a2ats:rho=0.05,window=64,sink=8,tier=disk,resident=64MiB")]
    [InlineData("a2ats:rho=0.03,sink=8,tier=ram")]
    public void A_specification_is_read_back_as_it_is_written(string specification) =>
        Assert.EndsWith(specification[specification.IndexOf("a2ats", StringComparison.Ordinal)..], AttentionOptions.Parse(specification).ToString(), StringComparison.Ordinal);

    [Fact]
    public void Sizes_take_units()
    {
        A2atsAttention attention = Assert.IsType<A2atsAttention>(AttentionOptions.Parse("a2ats:tier=disk,resident=2GiB").Decode);
        Assert.Equal(2L << 30, attention.ResidentBytes);
        Assert.Equal(KvTier.Disk, attention.Tier);
        Assert.Equal(12_345, ((A2atsAttention)AttentionOptions.Parse("a2ats:tier=disk,resident=12345").Decode!).ResidentBytes);
    }

    [Theory]
    [InlineData("a2ats:rho=0.1,budget=5", "rho and budget")]
    [InlineData("a2ats:resident=64MiB", "tier=disk")]
    [InlineData("a2ats:tier=disk,resident=many", "512MiB")]
    [InlineData("a2ats:rho=2", "0 to 1")]
    [InlineData("a2ats:pages=2", "pages")]
    public void What_cannot_be_is_refused_with_the_reason(string specification, string reason) =>
        Assert.Contains(reason, Assert.Throws<InvalidOptionException>(() => AttentionOptions.Parse(specification)).Message, StringComparison.Ordinal);
}
