namespace Winnow.Sampling.Stages;

/// <summary>Top-p, or nucleus sampling (Holtzman et al. 2019): keeps the most probable tokens that together reach p.</summary>
internal static class TopP
{
    /// <summary>Removes the improbable tail.</summary>
    /// <param name="candidates">The candidates.</param>
    /// <param name="p">The probability mass to keep; 1 keeps everything.</param>
    /// <param name="minKeep">How many candidates to keep at least.</param>
    public static void Apply(Candidates candidates, float p, int minKeep)
    {
        if (p >= 1)
        {
            return;
        }

        candidates.Softmax();
        candidates.RankByLogit();
        candidates.KeepLeastKeys(p, minKeep);
    }
}
