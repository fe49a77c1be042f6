namespace Winnow.Lab.Evaluation.Cases;

/// <summary>Puts filler around the facts of a draft until the case is as long as asked for.</summary>
internal sealed class CaseBuilder(PromptFormat format)
{
    /// <summary>Where less than this is left, the case is full.</summary>
    private const int SmallestGap = 24;

    /// <summary>Pieces of filler that are passed over because they do not fit, before the case counts as full.</summary>
    private const int MaxMisses = 256;

    private static readonly string[] Introductions =
    [
        "Read the following text.",
        "Study the text below; a question follows it.",
        "Here is a long document with some facts hidden in it.",
    ];

    /// <summary>Builds a case.</summary>
    /// <param name="draft">What is hidden and asked.</param>
    /// <param name="random">The case's random choices.</param>
    /// <param name="id">The case's name.</param>
    /// <param name="task">The task's name.</param>
    /// <param name="targetLength">Tokens that prompt and output may take together.</param>
    /// <param name="depth">Where the primary fact goes, 0 to 1.</param>
    /// <exception cref="EvaluationTextException">The facts alone are longer than the target.</exception>
    public EvaluationCase Build(CaseDraft draft, CaseRandom random, string id, string task, int targetLength, double depth)
    {
        string introduction = random.Pick(Introductions);
        int answerTokens = format.CountText(draft.Answer) + 1;
        EvaluationCase result = new()
        {
            Id = id,
            Task = task,
            TargetLength = targetLength,
            Prompt = "",
            Answer = draft.Answer,
            AnswerTokens = answerTokens,
            Expected = draft.Expected,
        };

        double[] places = Places(draft, random, depth);
        int room = targetLength - result.OutputTokens;
        int bare = format.CountPrompt(Prompt(introduction, draft, places, []));
        if (bare > room)
        {
            throw new EvaluationTextException($"{task}: {targetLength} tokens are too few, its facts and question alone take {bare} and the answer up to {result.OutputTokens}");
        }

        List<FillerPiece> filler = Fill(draft, room - bare);
        string prompt = Prompt(introduction, draft, places, filler);
        int length = format.CountPrompt(prompt);
        while (length > room)
        {
            // Counting pieces alone came out too low.
            filler.RemoveAt(filler.Count - 1);
            prompt = Prompt(introduction, draft, places, filler);
            length = format.CountPrompt(prompt);
        }

        return result with
        {
            Prompt = prompt,
            LengthTokens = length,
            Depth = (double)prompt.IndexOf(draft.Expected[0], StringComparison.Ordinal) / prompt.Length,
        };
    }

    private static List<FillerPiece> Fill(CaseDraft draft, int tokens)
    {
        List<FillerPiece> filler = [];
        int misses = 0;
        foreach (FillerPiece piece in draft.Filler)
        {
            if (tokens < SmallestGap || misses == MaxMisses)
            {
                break;
            }

            if (piece.Tokens <= tokens && !draft.Reserved.Any(text => piece.Text.Contains(text, StringComparison.Ordinal)))
            {
                filler.Add(piece);
                tokens -= piece.Tokens;
                misses = 0;
            }
            else
            {
                misses++;
            }
        }

        return filler;
    }

    /// <summary>The depth of each fact, ascending; the primary one where it was asked for.</summary>
    private static double[] Places(CaseDraft draft, CaseRandom random, double depth)
    {
        double[] before = new double[draft.Primary];
        double[] after = new double[draft.Facts.Count - draft.Primary - 1];
        for (int i = 0; i < before.Length; i++)
        {
            before[i] = depth * random.Next();
        }

        for (int i = 0; i < after.Length; i++)
        {
            after[i] = depth + ((1 - depth) * random.Next());
        }

        Array.Sort(before);
        Array.Sort(after);
        return [.. before, depth, .. after];
    }

    private string Prompt(string introduction, CaseDraft draft, double[] places, List<FillerPiece> filler)
    {
        double total = filler.Sum(piece => (double)piece.Tokens);
        List<string> pieces = [];
        int fact = 0;
        double done = 0;
        foreach (FillerPiece piece in filler)
        {
            while (fact < places.Length && places[fact] * total <= done + (piece.Tokens / 2.0))
            {
                pieces.Add(draft.Facts[fact++]);
            }

            pieces.Add(piece.Text);
            done += piece.Tokens;
        }

        pieces.AddRange(draft.Facts.Skip(fact));
        return format.Render($"{introduction}\n\n{draft.Opening}{string.Join(draft.Separator, pieces)}{draft.Closing}\n\n{draft.Question}");
    }
}
