namespace Winnow.Lab.Evaluation.Cases;

/// <summary>A chain of assignments that must be followed from the value to every variable, beside a second chain.</summary>
internal sealed class VariableTracking : CaseTask
{
    public override string Name => "variable_tracking";

    public override CaseDraft Draft(CaseRandom random, Haystack text, int targetLength)
    {
        const int digitsKind = 0;
        CaseNames names = new(random, text.Words);
        int links = 2 + random.Next(3);
        string value = names.Value(digitsKind);
        string[] chain = [.. Enumerable.Range(0, links).Select(_ => names.Variable())];
        string[] statements = Statements(chain, value);
        string[] others = Statements([.. chain.Select(_ => names.Variable())], names.Value(digitsKind));

        // The two chains are interleaved at random, each in its own order.
        List<string> facts = [];
        int primary = 0;
        for (int mine = 0, other = 0; mine + other < 2 * links;)
        {
            if (other == links || (mine < links && random.Next(2) == 0))
            {
                primary = mine == 0 ? facts.Count : primary;
                facts.Add(statements[mine++]);
            }
            else
            {
                facts.Add(others[other++]);
            }
        }

        return new CaseDraft
        {
            Facts = facts,
            Primary = primary,
            Filler = text.From(random),
            Question = $"Find all variables that are assigned the value {value} in the text above.",
            Answer = $"{string.Join(' ', statements)} The variables are {string.Join(", ", chain)}.",
            Expected = chain,
            Reserved = [.. chain, value],
        };
    }

    private static string[] Statements(string[] chain, string value) =>
        [.. chain.Select((name, i) => i == 0 ? $"VAR {name} = {value}." : $"VAR {name} = VAR {chain[i - 1]}.")];
}
