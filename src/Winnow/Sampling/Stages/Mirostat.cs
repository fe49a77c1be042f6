using System.Numerics.Tensors;

namespace Winnow.Sampling.Stages;

/// <summary>
/// Mirostat 2 (Basu et al. 2020, algorithm 2): removes tokens of too great a surprise, and adjusts what is too great so that
/// the surprise of the chosen tokens settles at a target.
/// </summary>
internal sealed class Mirostat
{
    private readonly float tau;
    private readonly float eta;
    private float mu;
    private float nextMu;

    /// <param name="tau">The target surprise, in bits.</param>
    /// <param name="eta">How fast to adjust.</param>
    public Mirostat(float tau, float eta)
    {
        this.tau = tau;
        this.eta = eta;
        Reset();
    }

    /// <summary>Removes candidates whose surprise is above the limit, but for the most probable.</summary>
    public void Apply(Candidates candidates)
    {
        // A surprise of at most mu bits is a log-probability of at least -mu · ln 2.
        float floor = LogSumExp.Of(candidates.Logits) - (mu * MathF.Log(2));
        candidates.RemoveBelow(MathF.Min(floor, TensorPrimitives.Max<float>(candidates.Logits)));
    }

    /// <summary>Takes note of a choice, which may still be refused.</summary>
    /// <param name="probability">Its probability among the candidates.</param>
    public void Observe(float probability) => nextMu = mu - (eta * (-MathF.Log2(probability) - tau));

    /// <summary>Adjusts the limit by the last choice, which was not refused.</summary>
    public void Commit() => mu = nextMu;

    /// <summary>Forgets every choice.</summary>
    public void Reset()
    {
        mu = 2 * tau;
        nextMu = mu;
    }
}
