namespace Winnow.Lab.Evaluation.Cases;

/// <summary>A paragraph of the text, to be repeated word by word from its first words.</summary>
internal sealed class PassageCopy : CaseTask
{
    private const int GivenWords = 6;
    private const int Attempts = 1_000;

    public override string Name => "passage_copy";

    public override CaseDraft Draft(CaseRandom random, Haystack text, int targetLength)
    {
        string passage = Choose(random, text, out string given);
        return new CaseDraft
        {
            Facts = [passage],
            Filler = text.From(random, except: passage),
            Question = $"Repeat exactly the passage beginning: {given}",
            Answer = passage,
            Expected = [passage],
            Reserved = [given],
        };
    }

    private static string Choose(CaseRandom random, Haystack text, out string given)
    {
        for (int attempt = 0; attempt < Attempts; attempt++)
        {
            string passage = random.Pick(text.Paragraphs);
            string[] words = passage.Split(' ');
            given = string.Join(' ', words.Take(GivenWords));
            string beginning = given;
            if (passage.Length is >= 80 and <= 280 && !passage.Contains('\n', StringComparison.Ordinal) && words.Length > 2 * GivenWords
                && text.Paragraphs.Count(other => other.Contains(beginning, StringComparison.Ordinal)) == 1)
            {
                return passage;
            }
        }

        throw new EvaluationTextException("the text has no paragraph of one line, 80 to 280 characters and more than 12 words that begins like no other");
    }
}
