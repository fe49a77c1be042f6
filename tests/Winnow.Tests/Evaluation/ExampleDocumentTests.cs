using Winnow.Cli.Chat;

namespace Winnow.Tests.Evaluation;

public class ExampleDocumentTests
{
    [Theory]
    [InlineData(1, 500)]
    [InlineData(2, ExampleDocument.ShortCharacters)]
    [InlineData(3, 100_000)]
    public void The_document_is_as_long_as_asked_and_answers_its_question_once(int seed, int characters)
    {
        ExampleDocument document = ExampleDocument.Create(seed, characters);

        Assert.InRange(document.Text.Length, characters, characters + 2_000);
        Assert.Single(document.Text.Split('\n'), line => line.Contains(document.Value, StringComparison.Ordinal));
        Assert.Contains(document.Value, document.Answer, StringComparison.Ordinal);
        Assert.Equal(4, document.Text.Split('\n').Count(line => line.StartsWith("Somebody had added here", StringComparison.Ordinal)));
    }

    [Fact]
    public void The_same_seed_makes_the_same_document()
    {
        Assert.Equal(ExampleDocument.Create(5), ExampleDocument.Create(5));
        Assert.NotEqual(ExampleDocument.Create(5), ExampleDocument.Create(6));
    }
}
