using Winnow.Lab.Evaluation;

namespace Winnow.Tests.Evaluation;

public class EvaluationCaseTests
{
    [Theory]
    [InlineData("The code is 8686.", true)]
    [InlineData("The code is 8686 and 12.", true)]
    [InlineData("12 or 8686", true)]
    [InlineData("The code is 868.", false)]
    [InlineData("", false)]
    public void A_case_counts_when_its_expected_text_is_in_the_output(string output, bool right) =>
        Assert.Equal(right, Case("8686").IsAnsweredBy(output));

    [Theory]
    [InlineData("bird, loving, gathered", true)]
    [InlineData("gathered loving bird", true)]
    [InlineData("bird, loving", false)]
    [InlineData("Bird, loving, gathered", false)]
    public void Every_expected_text_must_be_there_letter_by_letter(string output, bool right) =>
        Assert.Equal(right, Case("bird", "loving", "gathered").IsAnsweredBy(output));

    [Fact]
    public void An_answer_may_take_16_tokens_more_than_its_reference() => Assert.Equal(31, Case("x").OutputTokens);

    [Fact]
    public void The_filter_keeps_the_first_cases_of_each_task_and_length()
    {
        EvaluationCase[] cases = [.. from task in (string[])["a", "b"] from length in (int[])[1024, 2048] from i in Enumerable.Range(0, 3)
                                     select Case("x") with { Id = $"{task}{length}-{i}", Task = task, TargetLength = length }];

        Assert.Equal(
            ["a1024-0", "a1024-1", "a2048-0", "a2048-1", "b1024-0", "b1024-1", "b2048-0", "b2048-1"],
            new EvaluationCaseFilter { Limit = 2 }.Apply(cases).Select(item => item.Id));
        Assert.Equal(
            ["b2048-0", "b2048-1", "b2048-2"],
            new EvaluationCaseFilter { Tasks = ["b"], Lengths = [2048] }.Apply(cases).Select(item => item.Id));
        Assert.Equal(12, new EvaluationCaseFilter().Apply(cases).Count());
    }

    internal static EvaluationCase Case(params string[] expected) =>
        new() { Id = "id", Task = "task", TargetLength = 1024, Prompt = "p", AnswerTokens = 15, Expected = expected };
}
