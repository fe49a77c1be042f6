namespace Winnow.Lab.Evaluation.Cases;

/// <summary>One entry of a long table of keys and values.</summary>
internal sealed class KeyValueLookup(Func<string, int> countText) : CaseTask
{
    public override string Name => "kv_lookup";

    public override CaseDraft Draft(CaseRandom random, Haystack text, int targetLength)
    {
        CaseNames names = new(random, text.Words);
        int keyKind = names.KeyKind();
        int valueKind = names.ValueKind();
        string key = names.Key(keyKind);
        string value = names.Value(valueKind);
        return new CaseDraft
        {
            Facts = [Entry(key, value)],
            Filler = Entries(),
            Separator = "\n",
            Opening = "{\n",
            Closing = "\n}",
            Question = $"Extract the value for \"{key}\" from the data above.",
            Answer = $"\"{key}\": \"{value}\"",
            Expected = [value],
            Reserved = [value, key],
        };

        IEnumerable<FillerPiece> Entries()
        {
            while (true)
            {
                string entry = Entry(names.Key(keyKind), names.Value(valueKind));
                yield return new FillerPiece(entry, countText(entry + "\n"));
            }
        }
    }

    private static string Entry(string key, string value) => $"  \"{key}\": \"{value}\",";
}
