namespace Winnow.Compute;

/// <summary>What makes probabilities of a router's scores.</summary>
internal enum RouterScoring
{
    /// <summary>Their softmax over all experts.</summary>
    Softmax,

    /// <summary>The sigmoid of each (DeepSeek V3).</summary>
    Sigmoid,

    /// <summary>
    /// SparseMixer (https://arxiv.org/abs/2409.12136): the weight of each expert taken is its softmax among those that were not
    /// taken before it and whose scores come near enough to its own, see <see cref="ExpertRouter.Reach"/>.
    /// </summary>
    SparseMixer,
}
