namespace Winnow.Lab.Evaluation.Cases;

/// <summary>One fact among others of the same form about other keys.</summary>
internal sealed class MultiKeyNeedle : CaseTask
{
    public override string Name => "niah_multikey";

    public override CaseDraft Draft(CaseRandom random, Haystack text, int targetLength)
    {
        CaseNames names = new(random, text.Words);
        string thing = random.Pick(Things);
        string key = names.Key();
        int kind = names.ValueKind();
        string value = names.Value(kind);
        List<string> facts = [Fact(random, thing, key, value)];
        for (int i = 0; i < Distractors(targetLength); i++)
        {
            facts.Add(Fact(random, thing, names.Key(), names.Value(kind)));
        }

        (string[] shuffled, int primary) = Shuffle(random, facts);
        return new CaseDraft
        {
            Facts = shuffled,
            Primary = primary,
            Filler = text.From(random),
            Question = $"What is the {thing} for {key}?",
            Answer = $"The {thing} for {key} is {value}.",
            Expected = [value],
            Reserved = [value, key],
        };
    }
}
