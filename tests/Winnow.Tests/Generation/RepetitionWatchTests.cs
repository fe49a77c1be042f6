using Winnow.Generation;

namespace Winnow.Tests.Generation;

public class RepetitionWatchTests
{
    [Theory]
    [InlineData(1)]
    [InlineData(3)]
    [InlineData(16)]
    public void A_phrase_over_and_over_is_seen_when_it_fills_the_limit(int length)
    {
        RepetitionWatch watch = new(64);
        for (int i = 0; i < 30; i++)
        {
            Assert.False(watch.Accept(1000 + i));
        }

        for (int i = 0; i < 63; i++)
        {
            Assert.False(watch.Accept(i % length));
        }

        Assert.True(watch.Accept(63 % length));
    }

    [Fact]
    public void Longer_phrases_and_texts_that_vary_are_left_alone()
    {
        RepetitionWatch watch = new(64);
        for (int i = 0; i < 400; i++)
        {
            Assert.False(watch.Accept(i % 17));
        }

        RepetitionWatch other = new(64);
        for (int i = 0; i < 400; i++)
        {
            Assert.False(other.Accept(i % 40 == 0 ? i : i % 4));
        }
    }
}
