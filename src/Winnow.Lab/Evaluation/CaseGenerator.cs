using Winnow.Generation;
using Winnow.Lab.Evaluation.Cases;

namespace Winnow.Lab.Evaluation;

/// <summary>
/// Makes fresh long-context cases from any text: needles with one or several keys, values and queries, chains of variables,
/// look-ups in a table, passages to repeat. The same text, tokenizer and seed give the same cases.
/// </summary>
public sealed class CaseGenerator
{
    private readonly Haystack _haystack;
    private readonly CaseBuilder _builder;
    private readonly CaseTask[] _tasks;

    /// <summary>Creates a generator for a model's tokenizer and chat template.</summary>
    /// <param name="engine">The model; without a chat template, prompts are plain text.</param>
    /// <param name="text">The text that facts are hidden in; paragraphs are separated by empty lines.</param>
    /// <exception cref="WinnowException">The text has no paragraphs.</exception>
    public CaseGenerator(Engine engine, string text)
        : this(text, ModelPromptFormat.Create(engine))
    {
    }

    internal CaseGenerator(string text, PromptFormat format)
    {
        ArgumentNullException.ThrowIfNull(text);
        _haystack = new Haystack(text, format);
        _builder = new CaseBuilder(format);
        _tasks =
        [
            new SingleNeedle(),
            new MultiKeyNeedle(),
            new MultiValueNeedle(),
            new MultiQueryNeedle(),
            new VariableTracking(),
            new KeyValueLookup(format.CountText),
            new PassageCopy(),
            new ParaphrasedNeedle(),
        ];
    }

    /// <summary>The names of all tasks.</summary>
    public IReadOnlyList<string> Tasks => [.. _tasks.Select(task => task.Name)];

    /// <summary>Makes the cases of a task and length; their facts are spread evenly over the depth of the text.</summary>
    /// <param name="task">One of <see cref="Tasks"/>.</param>
    /// <param name="targetLength">Tokens that a prompt and its output take together, at most; most cases come close to it.</param>
    /// <param name="count">How many cases.</param>
    /// <param name="seed">Chooses the facts, their places and the part of the text.</param>
    /// <exception cref="ArgumentException">There is no such task.</exception>
    /// <exception cref="WinnowException">The length is too short for the task, or the text does not suit it.</exception>
    public IEnumerable<EvaluationCase> Create(string task, int targetLength, int count, long seed)
    {
        CaseTask maker = _tasks.FirstOrDefault(candidate => candidate.Name == task)
            ?? throw new ArgumentException($"there is no task '{task}'; there are {string.Join(", ", Tasks)}", nameof(task));
        ArgumentOutOfRangeException.ThrowIfNegativeOrZero(targetLength);
        ArgumentOutOfRangeException.ThrowIfNegativeOrZero(count);
        return Enumerable.Range(0, count).Select(index => Create(maker, targetLength, index, count, seed));
    }

    /// <summary>Makes a case of a document and a question that were written elsewhere.</summary>
    /// <param name="engine">The model; without a chat template, the prompt is plain text.</param>
    /// <param name="document">What is read.</param>
    /// <param name="question">What is asked after it.</param>
    /// <param name="answer">A right answer.</param>
    /// <param name="expected">What an output must contain.</param>
    public static EvaluationCase Ask(Engine engine, string document, string question, string answer, IReadOnlyList<string> expected)
    {
        ArgumentNullException.ThrowIfNull(engine);
        ArgumentNullException.ThrowIfNull(document);
        ArgumentNullException.ThrowIfNull(expected);
        PromptFormat format = ModelPromptFormat.Create(engine);
        string prompt = format.Render($"{document.TrimEnd()}\n\n{question}");
        int length = format.CountPrompt(prompt);
        return new EvaluationCase
        {
            Id = "question",
            Task = "question",
            TargetLength = length,
            LengthTokens = length,
            Prompt = prompt,
            Answer = answer,
            AnswerTokens = format.CountText(answer) + 1,
            Expected = expected,
        };
    }

    private EvaluationCase Create(CaseTask task, int targetLength, int index, int count, long seed)
    {
        CaseRandom random = new(seed, task.Name, targetLength, index);
        double depth = (index + random.Next()) / count;
        return _builder.Build(
            task.Draft(random, _haystack, targetLength), random, $"{task.Name}-{targetLength}-{seed}-{index}", task.Name, targetLength, depth);
    }
}
