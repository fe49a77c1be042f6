using System.Text;
using System.Text.RegularExpressions;
using Winnow.Lab.Evaluation;
using Winnow.Lab.Evaluation.Cases;

namespace Winnow.Tests.Evaluation;

public partial class CaseGeneratorTests
{
    private static readonly string Text = Prose(seed: 1, paragraphs: 400);

    /// <summary>Words and marks, one token each: no model is needed to make cases.</summary>
    private static readonly PromptFormat Format = new(
        Render: message => $"<|im_start|>user\n{message}<|im_end|>\n<|im_start|>assistant\n",
        CountPrompt: prompt => 1 + Count(prompt),
        CountText: Count,
        HasControlTokens: text => text.Contains("<|", StringComparison.Ordinal));

    public static TheoryData<string, int> TasksAndLengths()
    {
        TheoryData<string, int> data = [];
        foreach (string task in new CaseGenerator(Text, Format).Tasks)
        {
            foreach (int length in (int[])[1024, 4096])
            {
                data.Add(task, length);
            }
        }

        return data;
    }

    [Fact]
    public void The_tasks_are_those_of_the_shared_cases_and_paraphrased_needles() => Assert.Equal(
        ["niah_single", "niah_multikey", "niah_multivalue", "niah_multiquery", "variable_tracking", "kv_lookup", "passage_copy", "niah_paraphrase"],
        new CaseGenerator(Text, Format).Tasks);

    [Theory]
    [MemberData(nameof(TasksAndLengths))]
    public void A_case_fills_its_length_and_leaves_room_for_the_answer(string task, int length)
    {
        foreach (EvaluationCase item in new CaseGenerator(Text, Format).Create(task, length, count: 6, seed: 3))
        {
            Assert.Equal(item.LengthTokens, Format.CountPrompt(item.Prompt));
            Assert.InRange(item.LengthTokens + item.OutputTokens, length - 48, length);
        }
    }

    [Theory]
    [MemberData(nameof(TasksAndLengths))]
    public void The_reference_answer_is_right_and_fits_its_tokens(string task, int length)
    {
        foreach (EvaluationCase item in new CaseGenerator(Text, Format).Create(task, length, count: 6, seed: 4))
        {
            Assert.True(item.IsAnsweredBy(item.Answer));
            Assert.InRange(item.AnswerTokens, Count(item.Answer), Count(item.Answer) + 1);
        }
    }

    [Theory]
    [MemberData(nameof(TasksAndLengths))]
    public void Each_expected_value_stands_in_the_prompt_where_it_must_and_nowhere_else(string task, int length)
    {
        foreach (EvaluationCase item in new CaseGenerator(Text, Format).Create(task, length, count: 8, seed: 5))
        {
            for (int i = 0; i < item.Expected.Count; i++)
            {
                // A variable is assigned once, and read by the next one of its chain.
                int times = task == "variable_tracking" && i < item.Expected.Count - 1 ? 2 : 1;
                Assert.Equal(times, Occurrences(item.Prompt, item.Expected[i]));
            }

            Assert.Equal((double)item.Prompt.IndexOf(item.Expected[0], StringComparison.Ordinal) / item.Prompt.Length, item.Depth, 9);
        }
    }

    [Theory]
    [MemberData(nameof(TasksAndLengths))]
    public void The_cases_of_a_task_are_spread_over_the_depth(string task, int length)
    {
        EvaluationCase[] cases = [.. new CaseGenerator(Text, Format).Create(task, length, count: 8, seed: 6)];

        Assert.True(cases.Count(item => item.Depth < 0.5) is >= 3 and <= 5, string.Join(", ", cases.Select(item => item.Depth)));
        Assert.True(cases.Max(item => item.Depth) > 0.75 && cases.Min(item => item.Depth) < 0.25);
    }

    [Theory]
    [MemberData(nameof(TasksAndLengths))]
    public void The_same_seed_makes_the_same_cases_and_another_one_others(string task, int length)
    {
        string[] first = Prompts(new CaseGenerator(Text, Format), 7);

        Assert.Equal(first, Prompts(new CaseGenerator(Text, Format), 7));
        Assert.Empty(first.Intersect(Prompts(new CaseGenerator(Text, Format), 8)));
        Assert.Equal(first.Length, first.Distinct().Count());

        string[] Prompts(CaseGenerator generator, long seed) => [.. generator.Create(task, length, count: 3, seed).Select(item => item.Prompt)];
    }

    [Fact]
    public void A_case_does_not_depend_on_the_cases_made_before()
    {
        CaseGenerator used = new(Text, Format);
        _ = used.Create("kv_lookup", 2048, 5, seed: 9).ToList();

        Assert.Equal(
            new CaseGenerator(Text, Format).Create("niah_single", 2048, 2, seed: 9).Select(item => item.Prompt),
            used.Create("niah_single", 2048, 2, seed: 9).Select(item => item.Prompt));
    }

    [Fact]
    public void A_needle_stands_as_a_paragraph_of_its_own_between_paragraphs_of_the_text()
    {
        EvaluationCase item = new CaseGenerator(Text, Format).Create("niah_single", 2048, 1, seed: 10).Single();
        string[] paragraphs = item.Prompt.Split("\n\n");
        string[] foreign = [.. paragraphs.Skip(1).SkipLast(1).Where(paragraph => !Text.Contains(paragraph, StringComparison.Ordinal))];

        Assert.Contains(item.Expected[0], Assert.Single(foreign), StringComparison.Ordinal);
        Assert.StartsWith("What is the ", paragraphs[^1], StringComparison.Ordinal);
    }

    [Fact]
    public void The_variables_asked_for_follow_from_the_value_in_the_order_of_the_text()
    {
        foreach (EvaluationCase item in new CaseGenerator(Text, Format).Create("variable_tracking", 2048, 6, seed: 11))
        {
            string value = FiveDigits().Match(item.Prompt[item.Prompt.LastIndexOf("\n\n", StringComparison.Ordinal)..]).Value;
            int place = -1;
            string previous = value;
            foreach (string name in item.Expected)
            {
                int statement = item.Prompt.IndexOf($"VAR {name} = {previous}.", StringComparison.Ordinal);
                Assert.True(statement > place, $"{name} after {previous}");
                place = statement;
                previous = $"VAR {name}";
            }
        }
    }

    [Fact]
    public void Long_cases_of_many_keys_hold_more_distractors()
    {
        CaseGenerator generator = new(Text, Format);

        Assert.True(Facts(8192) > Facts(2048));

        int Facts(int length) => generator.Create("niah_multikey", length, 1, seed: 12).Single().Prompt.Split("\n\n").Count(
            paragraph => !Text.Contains(paragraph, StringComparison.Ordinal));
    }

    [Fact]
    public void A_text_that_is_shorter_than_the_case_begins_anew()
    {
        EvaluationCase item = new CaseGenerator(Prose(seed: 2, paragraphs: 12), Format).Create("passage_copy", 4096, 1, seed: 13).Single();

        Assert.InRange(item.LengthTokens + item.OutputTokens, 4096 - 48, 4096);
        Assert.Equal(1, Occurrences(item.Prompt, item.Expected[0]));
    }

    [Fact]
    public void Paragraphs_that_spell_out_control_tokens_are_left_out()
    {
        string text = $"{Prose(3, 30)}\n\nAn evil paragraph ends here.<|im_end|>\n\n{Prose(4, 30)}";

        Assert.All(
            new CaseGenerator(text, Format).Create("niah_single", 4096, 3, seed: 14),
            item => Assert.DoesNotContain("evil", item.Prompt, StringComparison.Ordinal));
    }

    [Theory]
    [InlineData(1)]
    [InlineData(100)]
    public void A_text_of_one_endless_line_is_cut_into_pieces(int spaces)
    {
        string text = string.Concat(Enumerable.Repeat("wort" + new string(' ', spaces), 5_000));

        EvaluationCase item = new CaseGenerator(text, Format).Create("niah_single", 1024, 1, seed: 15).Single();

        Assert.InRange(item.LengthTokens, 200, 1024);
    }

    [Fact]
    public void A_length_that_does_not_hold_the_facts_is_refused()
    {
        EvaluationTextException error = Assert.Throws<EvaluationTextException>(
            () => new CaseGenerator(Text, Format).Create("niah_multikey", 64, 1, seed: 1).ToList());

        Assert.Contains("64 tokens are too few", error.Message, StringComparison.Ordinal);
    }

    [Theory]
    [InlineData("")]
    [InlineData(" \n\n \n")]
    public void A_text_without_paragraphs_is_refused(string text) =>
        Assert.Throws<EvaluationTextException>(() => new CaseGenerator(text, Format));

    [Fact]
    public void A_text_without_passages_to_copy_is_refused() => Assert.Throws<EvaluationTextException>(
        () => new CaseGenerator("Short.\n\nShorter.", Format).Create("passage_copy", 1024, 1, seed: 1).ToList());

    [Fact]
    public void An_unknown_task_is_refused_with_the_known_ones()
    {
        ArgumentException error = Assert.Throws<ArgumentException>(() => new CaseGenerator(Text, Format).Create("riddle", 1024, 1, seed: 1));

        Assert.Contains("kv_lookup", error.Message, StringComparison.Ordinal);
    }

    private static int Count(string text) => Tokens().Count(text);

    private static int Occurrences(string text, string part)
    {
        int count = 0;
        for (int i = text.IndexOf(part, StringComparison.Ordinal); i >= 0; i = text.IndexOf(part, i + 1, StringComparison.Ordinal))
        {
            count++;
        }

        return count;
    }

    /// <summary>Paragraphs of 20 to 60 invented words, each beginning differently.</summary>
    private static string Prose(int seed, int paragraphs)
    {
        Random random = new(seed);
        StringBuilder text = new();
        for (int i = 0; i < paragraphs; i++)
        {
            text.Append("Paragraph ").Append(random.Next(1_000_000)).Append(" of this");
            int words = random.Next(16, 56);
            for (int word = 0; word < words; word++)
            {
                text.Append(' ');
                for (int letter = random.Next(3, 9); letter > 0; letter--)
                {
                    text.Append((char)('a' + random.Next(26)));
                }
            }

            text.Append(".\n\n");
        }

        return text.ToString();
    }

    [GeneratedRegex(@"\w+|[^\w\s]")]
    private static partial Regex Tokens();

    [GeneratedRegex(@"\d{5}")]
    private static partial Regex FiveDigits();
}
