using Winnow.Generation;
using Winnow.Sampling;
using Winnow.Tests.Models;

namespace Winnow.Tests.Generation;

/// <summary>Answers that a grammar limits.</summary>
public sealed class ConstrainedAnswerTests : IDisposable
{
    private const int A = 5;
    private const int B = 6;
    private readonly Engine _engine = Engine.Load(TinyModels.Path("llama"), new EngineOptions { Threads = 1 });

    public void Dispose() => _engine.Dispose();

    [Theory]
    [InlineData("root ::= \"aab\"", "5 5 6")]
    [InlineData("root ::= \"a\" \"b\" \"c\"*", "5 6")]
    [InlineData("root ::= \"a\" \"c\"?", "5")]
    public void An_answer_stops_when_its_text_is_whole_where_no_token_ends_it(string grammar, string tokens)
    {
        GenerationOptions options = Options(grammar, end: -1);
        using Session session = _engine.CreateSession();

        // The second answer of the same options is like the first.
        for (int round = 0; round < 2; round++)
        {
            GeneratedToken[] answer = [.. session.Generate([1, 2, 3], options)];
            Assert.Equal(tokens, string.Join(' ', answer.Select(token => token.Id)));
            Assert.Equal(FinishReason.Stop, answer[^1].FinishReason);
        }
    }

    [Theory]
    [InlineData("root ::= \"\"")]
    [InlineData("root ::= \"c\"*")]
    public void An_answer_that_is_whole_before_its_first_token_has_none(string grammar)
    {
        using Session session = _engine.CreateSession();
        Assert.Empty(session.Generate([1, 2, 3], Options(grammar, end: -1)));
        Assert.Equal((3, 0), (session.LastGeneration!.PromptTokens, session.LastGeneration.GeneratedTokens));
        Assert.Equal(2, session.Generate([1, 2, 3], Options(grammar, end: 2)).First().Id);
    }

    [Fact]
    public void A_text_that_may_go_on_goes_on()
    {
        using Session session = _engine.CreateSession();
        GeneratedToken[] answer = [.. session.Generate([1, 2, 3], Options("root ::= \"a\" \"b\"*", end: -1))];
        Assert.Equal([A, B, B, B, B], answer.Select(token => token.Id));
        Assert.Equal(FinishReason.Length, answer[^1].FinishReason);
    }

    [Fact]
    public void A_constraint_is_over_only_where_nothing_may_follow()
    {
        Grammar grammar = Grammar.ParseGbnf("root ::= \"a\"");
        GrammarConstraint withoutEnd = new(grammar, Vocabulary(-1));
        GrammarConstraint withEnd = new(grammar, Vocabulary(2));
        Assert.False(withoutEnd.IsOver);
        withoutEnd.Accept(A);
        withEnd.Accept(A);
        Assert.True(withoutEnd.IsOver);
        Assert.False(withEnd.IsOver);
    }

    /// <summary>Options of an answer whose vocabulary has an end, or none.</summary>
    private GenerationOptions Options(string grammar, int end)
    {
        _engine.GrammarVocabulary = new Lazy<GrammarVocabulary>(Vocabulary(end));
        return new() { MaxTokens = 5, Sampling = SamplingOptions.Greedy, Grammar = Grammar.ParseGbnf(grammar) };
    }

    private GrammarVocabulary Vocabulary(int end) => new(
        _engine.Model.VocabularySize, token => token == A ? "a"u8 : token == B ? "b"u8 : [], token => token == end, _ => false);
}
