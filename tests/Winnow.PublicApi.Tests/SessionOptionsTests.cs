using Winnow.DeviceTests;
using Winnow.Generation;
using Winnow.Tensors;

namespace Winnow.PublicApi.Tests;

/// <summary>What a model cannot do is refused when a session is created, with the reason.</summary>
public sealed class SessionOptionsTests
{
    [Theory]
    [InlineData(TensorType.Q8_0)]
    [InlineData(TensorType.Q4_0)]
    public void A_type_that_heads_are_too_small_for_is_refused_with_one_that_fits(TensorType type)
    {
        using Engine engine = Engine.Load(GeneratedModel.Folder("llama"));
        SessionOptions options = new() { KvType = type };
        ArgumentException error = Assert.Throws<ArgumentException>(() => engine.CreateSession(options));
        Assert.Contains("needs heads of a multiple of 32 elements, not 16; use F16", error.Message, StringComparison.Ordinal);
    }

    [Fact]
    public void A_type_that_keys_and_values_cannot_have_is_refused_when_it_is_set()
    {
        ArgumentOutOfRangeException error = Assert.Throws<ArgumentOutOfRangeException>(() => new SessionOptions { KvType = TensorType.Q4_1 });
        Assert.Contains("KvType is Q4_1; allowed: F32, F16, BF16, Q8_0 or Q4_0", error.Message, StringComparison.Ordinal);
    }

    [Fact]
    public void A_context_that_the_model_was_not_made_for_is_refused_with_the_longest()
    {
        using Engine engine = Engine.Load(Checkout.ModelPath);
        int longest = engine.Model.ContextLength;
        SessionOptions options = new() { ContextLength = longest + 1 };
        ArgumentException error = Assert.ThrowsAny<ArgumentException>(() => engine.CreateSession(options));
        Assert.Contains($"is not between 1 and {longest}", error.Message, StringComparison.Ordinal);
    }
}
