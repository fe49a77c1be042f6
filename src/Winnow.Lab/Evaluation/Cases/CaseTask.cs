namespace Winnow.Lab.Evaluation.Cases;

/// <summary>A kind of case: what is hidden, asked and expected. The tasks follow RULER (Hsieh et al., arXiv 2404.06654).</summary>
internal abstract class CaseTask
{
    protected static readonly string[] Things = ["signal code", "vault number", "access code", "docket number", "secret code", "magic number", "password"];

    private static readonly string[] FactForms =
    [
        "The {0} for {1} is {2}.",
        "A pencilled remark states that the {0} for {1} is {2}.",
        "Kindly keep in mind that the {0} for {1} is {2}.",
        "Somebody had added here: the {0} of {1} is {2}.",
    ];

    /// <summary>The task's name in case files.</summary>
    public abstract string Name { get; }

    /// <summary>Draws a case.</summary>
    /// <param name="random">The case's random choices.</param>
    /// <param name="text">The text to hide it in.</param>
    /// <param name="targetLength">Tokens that the case may take; longer cases have more distractors.</param>
    public abstract CaseDraft Draft(CaseRandom random, Haystack text, int targetLength);

    protected static string Fact(CaseRandom random, string thing, string key, string value) =>
        string.Format(System.Globalization.CultureInfo.InvariantCulture, random.Pick(FactForms), thing, key, value);

    /// <summary>One distractor for about a thousand tokens, from 3 to 24.</summary>
    protected static int Distractors(int targetLength) => Math.Clamp(targetLength / 1024, 3, 24);

    /// <summary>Facts in random order, and where the first one given went.</summary>
    protected static (string[] Facts, int First) Shuffle(CaseRandom random, IReadOnlyList<string> facts)
    {
        string[] shuffled = [.. facts];
        for (int i = shuffled.Length - 1; i > 0; i--)
        {
            int j = random.Next(i + 1);
            (shuffled[i], shuffled[j]) = (shuffled[j], shuffled[i]);
        }

        return (shuffled, Array.IndexOf(shuffled, facts[0]));
    }

    /// <summary>"a, b and c".</summary>
    protected static string Enumerate(IReadOnlyList<string> items) =>
        items.Count == 1 ? items[0] : $"{string.Join(", ", items.Take(items.Count - 1))} and {items[^1]}";
}
