namespace Winnow.Lab.Evaluation.Cases;

/// <summary>Facts about several keys; all of them are asked for at once.</summary>
internal sealed class MultiQueryNeedle : CaseTask
{
    private const int Queries = 3;

    public override string Name => "niah_multiquery";

    public override CaseDraft Draft(CaseRandom random, Haystack text, int targetLength)
    {
        CaseNames names = new(random, text.Words);
        string thing = random.Pick(Things);
        int kind = names.ValueKind();
        string[] keys = [.. Enumerable.Range(0, Queries).Select(_ => names.Key())];
        string[] values = [.. keys.Select(_ => names.Value(kind))];
        (string[] facts, int primary) = Shuffle(
            random, [.. keys.Zip(values, (key, value) => Fact(random, thing, key, value)), Fact(random, thing, names.Key(), names.Value(kind))]);
        return new CaseDraft
        {
            Facts = facts,
            Primary = primary,
            Filler = text.From(random),
            Question = $"What are the {thing}s for {Enumerate(keys)}?",
            Answer = string.Join(' ', keys.Zip(values, (key, value) => $"The {thing} for {key} is {value}.")),
            Expected = values,
            Reserved = [.. values, .. keys],
        };
    }
}
