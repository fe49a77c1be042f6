using System.Runtime.InteropServices;

namespace Winnow.Sampling.Stages;

/// <summary>Makes the tokens of the recent past less likely: repetition, frequency and presence penalty.</summary>
internal sealed class Penalties
{
    private readonly float repeat;
    private readonly float frequency;
    private readonly float presence;
    private readonly RecentTokens recent;
    private readonly Dictionary<int, int> counts;

    public Penalties(int lastN, float repeat, float frequency, float presence)
    {
        this.repeat = repeat;
        this.frequency = frequency;
        this.presence = presence;
        bool enabled = repeat != 1 || frequency != 0 || presence != 0;
        recent = new RecentTokens(enabled ? lastN : 0);
        counts = new Dictionary<int, int>(recent.Capacity + 1);
    }

    /// <summary>Whether any penalty applies.</summary>
    public bool IsEnabled => recent.Capacity > 0;

    /// <summary>Takes note of a token, and forgets the one that leaves the window.</summary>
    public void Accept(int token)
    {
        if (recent.Capacity == 0)
        {
            return;
        }

        CollectionsMarshal.GetValueRefOrAddDefault(counts, token, out _)++;
        if (recent.Push(token, out int forgotten) && --CollectionsMarshal.GetValueRefOrNullRef(counts, forgotten) == 0)
        {
            counts.Remove(forgotten);
        }
    }

    /// <summary>Lowers the logits of the tokens in the window.</summary>
    /// <param name="logits">Logits, [vocabulary].</param>
    public void Apply(Span<float> logits)
    {
        foreach ((int token, int count) in counts)
        {
            if (token < logits.Length)
            {
                // The paper (Keskar et al. 2019, section 4.1) only divides.
                // Deviation: a negative logit is multiplied, or the penalty would make its token likelier.
                float logit = logits[token];
                logit = logit <= 0 ? logit * repeat : logit / repeat;
                logits[token] = logit - (count * frequency) - presence;
            }
        }
    }

    /// <summary>Forgets every token.</summary>
    public void Reset()
    {
        recent.Clear();
        counts.Clear();
    }
}
