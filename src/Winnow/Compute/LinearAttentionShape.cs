namespace Winnow.Compute;

/// <summary>What a linear attention looks like: for each head a state [keyDimension, valueDimension] that fades, and that each token adds to.</summary>
/// <param name="Heads">Heads of values, each with a state of its own.</param>
/// <param name="KeyHeads">Heads of queries and keys; a divisor of <paramref name="Heads"/>.</param>
/// <param name="KeyDimension">Elements of a query and of a key.</param>
/// <param name="ValueDimension">Elements of a value.</param>
internal sealed record LinearAttentionShape(int Heads, int KeyHeads, int KeyDimension, int ValueDimension)
{
    /// <summary>Whether head h reads key head h mod KeyHeads; otherwise neighbours share one, h · KeyHeads / Heads.</summary>
    public bool TilesKeyHeads { get; init; }

    /// <summary>
    /// Whether a token adds only what its value differs by from what the state holds for its key (the delta rule,
    /// https://arxiv.org/abs/2412.06464); otherwise its whole value (https://arxiv.org/abs/2405.21060).
    /// </summary>
    public bool IsDelta { get; init; }

    /// <summary>Whether each element of a key fades by itself (https://arxiv.org/abs/2510.26692); otherwise the state of a head as a whole.</summary>
    public bool FadesChannels { get; init; }

    /// <summary>Columns of decays: one for each head, or for each element of its keys.</summary>
    public int Decays => FadesChannels ? Heads * KeyDimension : Heads;

    /// <summary>The key head that a head reads.</summary>
    public int KeyHeadOf(int head) => TilesKeyHeads ? head % KeyHeads : head / (Heads / KeyHeads);
}
