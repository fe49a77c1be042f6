using System.Numerics.Tensors;

namespace Winnow.Sampling.Stages;

/// <summary>Min-p (Nguyen et al. 2024): keeps the tokens at least p times as probable as the most probable one.</summary>
internal static class MinP
{
    /// <summary>Removes candidates that are improbable beside the best.</summary>
    /// <param name="candidates">The candidates.</param>
    /// <param name="p">The least probability, as a part of the greatest; 0 keeps everything.</param>
    /// <param name="minKeep">How many candidates to keep at least.</param>
    public static void Apply(Candidates candidates, float p, int minKeep)
    {
        if (p <= 0)
        {
            return;
        }

        // A ratio of probabilities is a difference of logits: no softmax needed.
        float floor = TensorPrimitives.Max<float>(candidates.Logits) + MathF.Log(p);
        int reaching = 0;
        foreach (float logit in candidates.Logits)
        {
            reaching += logit >= floor ? 1 : 0;
        }

        if (reaching >= minKeep)
        {
            candidates.RemoveBelow(floor);
            return;
        }

        candidates.RankByLogit();
        candidates.KeepLeastKeys(0, minKeep);
    }
}
