namespace Winnow.Models.Forward;

/// <summary>The most probable next tokens, as a device finds them.</summary>
/// <param name="count">How many are wanted.</param>
internal sealed class TokenCandidates(int count)
{
    /// <summary>How many are wanted.</summary>
    public int Wanted => Ids.Length;

    /// <summary>How many there are.</summary>
    public int Count { get; set; }

    /// <summary>Token ids, the most probable first, [wanted].</summary>
    public int[] Ids { get; } = new int[count];

    /// <summary>Their logits, [wanted].</summary>
    public float[] Logits { get; } = new float[count];
}
