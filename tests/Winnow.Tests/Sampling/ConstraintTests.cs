using Winnow.Sampling;

namespace Winnow.Tests.Sampling;

public class ConstraintTests
{
    [Fact]
    public void The_vocabulary_is_ruled_out_only_after_a_refusal()
    {
        Recorder constraint = new(allowed: 1);
        Sampler sampler = new(SamplingOptions.Greedy, constraint: constraint);
        Assert.Equal(1, sampler.Sample([0, 3, 2]));
        Assert.Equal(0, constraint.Applied);
        Assert.Equal(1, sampler.Sample([5, 3, 9]));
        Assert.Equal(1, constraint.Applied);
    }

    [Theory]
    [InlineData(0f, 0)]
    [InlineData(0.8f, 0)]
    [InlineData(0.8f, 2)]
    public void A_refused_token_is_replaced_by_an_allowed_one(float temperature, int mirostat)
    {
        Recorder constraint = new(allowed: 4);
        SamplingOptions options = new() { Temperature = temperature, Mirostat = mirostat, Seed = 1 };
        Sampler sampler = new(options, constraint: constraint);
        float[] logits = [50, 40, 30, 20, -60, 10];
        for (int i = 0; i < 50; i++)
        {
            Assert.Equal(4, sampler.Sample([.. logits]));
        }
    }

    [Fact]
    public void Bias_and_penalties_are_applied_once_to_the_second_choice()
    {
        // Twice applied, the bias would put token 2 above token 1.
        SamplingOptions options = SamplingOptions.Greedy with { LogitBias = new Dictionary<int, float> { [2] = 2 } };
        Recorder constraint = new(1, 2);
        Assert.Equal(1, new Sampler(options, constraint: constraint).Sample([10, 5, 2]));
    }

    [Fact]
    public void It_sees_generated_tokens_but_not_the_prompt()
    {
        Recorder constraint = new(allowed: 0);
        Sampler sampler = new(SamplingOptions.Greedy, constraint: constraint);
        sampler.AcceptPrompt([5, 6]);
        sampler.Accept(7);
        Assert.Equal([7], constraint.Accepted);
        sampler.Reset();
        Assert.Empty(constraint.Accepted);
    }

    [Fact]
    public void A_constraint_that_allows_nothing_is_an_error()
    {
        Sampler sampler = new(new SamplingOptions(), constraint: new Recorder());
        Assert.Throws<WinnowException>(() => sampler.Sample([1, 2, 3]));
    }

    private sealed class Recorder(params int[] allowed) : ILogitsConstraint
    {
        public int Applied { get; private set; }

        public List<int> Accepted { get; } = [];

        public bool Allows(int token) => allowed.Contains(token);

        public void Apply(Span<float> logits)
        {
            Applied++;
            for (int token = 0; token < logits.Length; token++)
            {
                logits[token] = Allows(token) ? logits[token] : float.NegativeInfinity;
            }
        }

        public void Accept(int token) => Accepted.Add(token);

        /// <summary>Itself, so that the test sees what the sampler does with it.</summary>
        public ILogitsConstraint Begin()
        {
            Accepted.Clear();
            return this;
        }
    }
}
