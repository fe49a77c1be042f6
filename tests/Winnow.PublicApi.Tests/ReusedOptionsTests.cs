using System.Text;
using System.Text.Json.Nodes;
using Winnow.Documents;
using Winnow.Generation;
using Winnow.Retrieval;
using Winnow.Sampling;
using Winnow.Templates;

namespace Winnow.PublicApi.Tests;

/// <summary>Options are values: every generation begins with them anew. And what is given is used.</summary>
public sealed class ReusedOptionsTests : IDisposable
{
    private readonly Engine _engine = Engine.Load(Checkout.ModelPath, new EngineOptions { Threads = 1 });
    private readonly GenerationOptions _options;
    private readonly int[] _prompt;

    public ReusedOptionsTests()
    {
        Grammar grammar = Grammar.FromJsonSchema(JsonNode.Parse("""{"type":"object","properties":{"age":{"enum":[1,2]}},"required":["age"]}"""));
        _options = new GenerationOptions { MaxTokens = 40, Sampling = SamplingOptions.Greedy, Grammar = grammar };
        _prompt = _engine.Tokenizer.Encode("A person:", addSpecial: true);
    }

    public void Dispose() => _engine.Dispose();

    [Fact]
    public void A_grammar_serves_one_generation_after_the_other_also_after_one_that_was_left()
    {
        using Session session = _engine.CreateSession();
        string first = Answer(session);
        Assert.NotNull(JsonNode.Parse(first)!["age"]);
        Assert.Equal(first, Answer(session));
        Assert.Equal(3, session.Generate(_prompt, _options).Take(3).Count());
        Assert.Equal(first, Answer(session));
    }

    [Fact]
    public void A_grammar_serves_generations_that_run_side_by_side()
    {
        using Session alone = _engine.CreateSession();
        string expected = Answer(alone);
        using Session one = _engine.CreateSession();
        using Session other = _engine.CreateSession();
        StringBuilder[] texts = [new(), new()];
        foreach ((GeneratedToken left, GeneratedToken right) in one.Generate(_prompt, _options).Zip(other.Generate(_prompt, _options)))
        {
            texts[0].Append(left.Text);
            texts[1].Append(right.Text);
        }

        Assert.Equal((expected, expected), (texts[0].ToString(), texts[1].ToString()));
    }

    [Fact]
    public void A_grammar_may_begin_behind_a_text_of_the_answer()
    {
        GenerationOptions options = _options with { Grammar = Grammar.ParseGbnf("root ::= \"[\" [0-9] \"]\""), GrammarStart = " " };
        using Session session = _engine.CreateSession();
        GeneratedToken[] answer = [.. session.Generate(_prompt, options)];
        Assert.Matches("^[^\\[]* [^\\[]*\\[[0-9]\\]$", string.Concat(answer.Select(token => token.Text)));
        Assert.Equal(FinishReason.Stop, answer[^1].FinishReason);
        Assert.Throws<ArgumentException>(() => options with { GrammarStart = "" });
    }

    [Fact]
    public async Task A_model_without_a_chat_template_reads_the_history_of_a_question_too()
    {
        using TemporaryFolder folder = new();
        using Engine plain = Engine.Load(WithoutTemplate(folder), new EngineOptions { Threads = 1 });
        Assert.Null(plain.ChatTemplate);
        using DocumentIndex index = DocumentIndex.Build(
            plain, [Document.FromText("one", "The harbour lies in the north. The mill stands by the river.")], null, new IndexOptions { WordsOnly = true });
        using Session session = plain.CreateSession();
        DocumentAnswer answer = await session.AskAsync(
            index,
            "Where is the mill?",
            options: new GenerationOptions { MaxTokens = 1, Sampling = SamplingOptions.Greedy },
            history: [new ChatMessage("system", "Answer like a pirate.")],
            cancellationToken: TestContext.Current.CancellationToken);
        await foreach (GeneratedToken _ in answer.Tokens)
        {
        }

        string text = plain.Tokenizer.Decode(session.Tokens);
        Assert.Contains("Answer like a pirate.", text, StringComparison.Ordinal);
        Assert.True(text.IndexOf("pirate", StringComparison.Ordinal) < text.IndexOf("Where is the mill?", StringComparison.Ordinal));
    }

    private string Answer(Session session) => string.Concat(session.Generate(_prompt, _options).Select(token => token.Text));

    /// <summary>The bundled model with the key of its chat template spelled differently.</summary>
    private static string WithoutTemplate(TemporaryFolder folder)
    {
        byte[] file = File.ReadAllBytes(Checkout.ModelPath);
        file["tokenizer."u8.Length + file.AsSpan().IndexOf("tokenizer.chat_template"u8)] = (byte)'x';
        File.WriteAllBytes(folder.PathOf("plain.gguf"), file);
        return folder.PathOf("plain.gguf");
    }
}
