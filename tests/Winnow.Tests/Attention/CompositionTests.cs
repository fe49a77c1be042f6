using Winnow.Cli;
using Winnow.Cli.Chat;
using Winnow.Compute.Cpu;
using Winnow.Generation;
using Winnow.Models;
using Winnow.Sampling;
using Winnow.Tests.Models;

namespace Winnow.Tests.Attention;

/// <summary>Prefill and decode methods together, and a prompt's method together with the reuse of what was computed before.</summary>
public sealed class CompositionTests : IDisposable
{
    private const string Sparse = "token-sparse:tau=0.05,window=64,min=128";
    private const string Delta = "delta:budget=256";

    private readonly Engine _engine = Engine.Load(BundledModel.Find(), new EngineOptions { Threads = 2 });
    private readonly ExampleDocument _document = ExampleDocument.Create(21, 5000);

    public void Dispose() => _engine.Dispose();

    [Fact]
    public void Each_method_of_a_pair_does_what_it_does_alone()
    {
        int[] prompt = Prompt(_document.Question);
        using Session sparse = Create(Sparse);
        using Session delta = Create(Delta);
        using Session both = Create($"{Sparse}+{Delta}");
        foreach (Session session in (Session[])[sparse, delta, both])
        {
            session.Prefill(prompt);
        }

        Assert.Equal(sparse.Diagnostics.Logits, both.Diagnostics.Logits);
        Assert.False(delta.Diagnostics.Logits.SequenceEqual(both.Diagnostics.Logits));
        for (int step = 0; step < 8; step++)
        {
            sparse.Diagnostics.Step(prompt[step]);
            delta.Diagnostics.Step(prompt[step]);
            both.Diagnostics.Step(prompt[step]);
        }

        Assert.Equal(1, sparse.Diagnostics.AttentionStatistics.AttendedFraction);
        Assert.True(delta.Diagnostics.AttentionStatistics.AttendedFraction < 1);
        Assert.Equal(delta.Diagnostics.AttentionStatistics.AttendedRows, both.Diagnostics.AttentionStatistics.AttendedRows);
    }

    /// <summary>
    /// What a second question inherits: the document's keys and values as they were computed while the first question chose the
    /// tokens of the sparse layers. Its own tokens attend to all of them.
    /// </summary>
    [Fact]
    public void A_second_question_inherits_the_document_as_the_first_one_saw_it_and_attends_to_all_of_it()
    {
        int[] first = Prompt("Who walked along the river?");
        int[] second = Prompt(_document.Question);
        using Session session = Create(Sparse);
        session.Prefill(first);
        using Session dense = session.Fork(AttentionOptions.Full);
        dense.Prefill(second);
        session.Prefill(second);
        Assert.Equal(dense.Diagnostics.Logits, session.Diagnostics.Logits);

        using Session fresh = Create(Sparse);
        fresh.Prefill(second);
        Assert.False(fresh.Diagnostics.Logits.SequenceEqual(session.Diagnostics.Logits));
    }

    [Fact]
    public void A_second_question_is_answered_from_what_the_first_one_left()
    {
        GenerationOptions options = new() { MaxTokens = 24, Sampling = SamplingOptions.Greedy };
        using Session session = Create("token-sparse:tau=0.01,window=64,min=512+delta:budget=512");
        foreach (GeneratedToken _ in session.Generate(Prompt("Who walked along the river?"), options))
        {
        }

        string answer = string.Concat(session.Generate(Prompt(_document.Question), options).Select(token => token.Text));
        Assert.Contains(_document.Value, answer, StringComparison.Ordinal);
        Assert.True(session.LastGeneration!.CachedTokens > 1000);
    }

    [Fact]
    public void A_prompt_that_goes_through_each_layer_as_a_whole_gives_its_memory_back()
    {
        using CpuDevice device = new(new CpuDeviceOptions { Threads = 1 });
        using Model model = Model.Load(TinyModels.Path("llama"), device);
        using TokenReader reader = new(model, 400, AttentionOptions.Parse("token-sparse:tau=0.1,window=8,min=16"), chunk: 32);
        reader.ReadPrompt([1, 2, 3]);
        long chunk = reader.Pass.Rows.SizeBytes;
        reader.ReadPrompt([.. Enumerable.Range(0, 320).Select(i => i % 50)]);
        Assert.InRange(reader.Pass.Rows.SizeBytes, 10 * chunk, 11 * chunk);
        reader.Step(7);
        Assert.Equal(chunk, reader.Pass.Rows.SizeBytes);
    }

    private Session Create(string attention) => _engine.CreateSession(new SessionOptions { Attention = AttentionOptions.Parse(attention) });

    private int[] Prompt(string question) => _engine.Tokenizer.Encode(
        $"<|im_start|>user\n{LateQuestionTests.OneFact(_document.Text, _document.Value)}\n\n{question}<|im_end|>\n<|im_start|>assistant\n", addSpecial: true, parseSpecial: true);
}
