using Winnow.Lab.Evaluation;

namespace Winnow.Lab.Calibration;

/// <summary>Questions about facts hidden in the corpus, with the answers to them: plain prose seldom makes a model look back far.</summary>
internal static class CalibrationQuestions
{
    /// <summary>Makes questions, of each kind in turn; none where the corpus is no prose.</summary>
    /// <param name="run">The model and the corpus.</param>
    /// <param name="count">How many.</param>
    /// <param name="length">Tokens of prompt and answer, at most.</param>
    public static IReadOnlyList<(int[] Prompt, int[] Answer)> Create(CalibrationRun run, int count, int length)
    {
        List<(int[] Prompt, int[] Answer)> questions = [];
        try
        {
            CaseGenerator generator = new(run.Engine, string.Join("\n\n", run.Options.Corpus));
            for (int i = 0; i < count; i++)
            {
                EvaluationCase item = generator.Create(generator.Tasks[i % generator.Tasks.Count], length, 1, run.Options.Seed + i).Single();
                questions.Add((
                    run.Engine.Tokenizer.Encode(item.Prompt, addSpecial: true, parseSpecial: true),
                    run.Engine.Tokenizer.Encode(item.Answer, addSpecial: false)));
            }
        }
        catch (EvaluationTextException)
        {
            // The corpus has no paragraphs, or too short ones. Calibrators do without questions then.
        }

        return questions;
    }
}
