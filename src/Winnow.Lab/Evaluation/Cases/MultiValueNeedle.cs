namespace Winnow.Lab.Evaluation.Cases;

/// <summary>Several facts about one key; all of them are asked for.</summary>
internal sealed class MultiValueNeedle : CaseTask
{
    private const int Values = 3;

    public override string Name => "niah_multivalue";

    public override CaseDraft Draft(CaseRandom random, Haystack text, int targetLength)
    {
        CaseNames names = new(random, text.Words);
        string thing = random.Pick(Things);
        string key = names.Key();
        int kind = names.ValueKind();
        string[] values = [.. Enumerable.Range(0, Values).Select(_ => names.Value(kind))];
        return new CaseDraft
        {
            // In the order of the text, as a reader lists them.
            Facts = [.. values.Select(value => Fact(random, thing, key, value))],
            Filler = text.From(random),
            Question = $"What are all the {thing}s for {key}?",
            Answer = string.Join(' ', values.Select(value => $"The {thing} for {key} is {value}.")),
            Expected = values,
            Reserved = [.. values, key],
        };
    }
}
