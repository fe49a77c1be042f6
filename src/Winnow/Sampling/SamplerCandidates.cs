namespace Winnow.Sampling;

/// <summary>The tokens that are still in the running for the next one, as an <see cref="ISamplerStage"/> sees and changes them.</summary>
public readonly ref struct SamplerCandidates
{
    private readonly Candidates _candidates;

    internal SamplerCandidates(Candidates candidates)
    {
        _candidates = candidates;
    }

    /// <summary>How many there are.</summary>
    public int Count => _candidates.Count;

    /// <summary>Token ids, [Count]; of two with equal logits the lower id comes first.</summary>
    public ReadOnlySpan<int> Ids => _candidates.Ids;

    /// <summary>Logits, [Count]; they may be changed.</summary>
    public Span<float> Logits => _candidates.Logits;

    /// <summary>The probabilities of the candidates among themselves, [Count], as their logits are now.</summary>
    public ReadOnlySpan<float> Probabilities()
    {
        _candidates.Softmax();
        return _candidates.Probabilities;
    }

    /// <summary>Removes the candidates whose logit is below a floor.</summary>
    public void RemoveBelow(float floor) => _candidates.RemoveBelow(floor);

    /// <summary>Removes every candidate but one.</summary>
    /// <param name="index">Its index.</param>
    /// <exception cref="ArgumentOutOfRangeException">There is no such candidate.</exception>
    public void KeepOnly(int index)
    {
        ArgumentOutOfRangeException.ThrowIfNegative(index);
        ArgumentOutOfRangeException.ThrowIfGreaterThanOrEqual(index, Count);
        _candidates.KeepOnly(index);
    }
}
