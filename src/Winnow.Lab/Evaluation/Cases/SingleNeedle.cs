namespace Winnow.Lab.Evaluation.Cases;

/// <summary>One fact in a long text.</summary>
internal sealed class SingleNeedle : CaseTask
{
    public override string Name => "niah_single";

    public override CaseDraft Draft(CaseRandom random, Haystack text, int targetLength)
    {
        CaseNames names = new(random, text.Words);
        string thing = random.Pick(Things);
        string key = names.Key();
        string value = names.Value(names.ValueKind());
        return new CaseDraft
        {
            Facts = [Fact(random, thing, key, value)],
            Filler = text.From(random),
            Question = $"What is the {thing} for {key}?",
            Answer = $"The {thing} for {key} is {value}.",
            Expected = [value],
            Reserved = [value, key],
        };
    }
}
