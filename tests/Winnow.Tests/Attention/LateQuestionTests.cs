using System.Numerics.Tensors;
using Winnow.Attention;
using Winnow.Cli;
using Winnow.Cli.Chat;
using Winnow.Generation;

namespace Winnow.Tests.Attention;

/// <summary>What a question finds that is asked only after 200 generated tokens, when lists made at the end of the prompt are long out of date.</summary>
public sealed class LateQuestionTests : IDisposable
{
    private const int Generated = 200;
    private const int Answer = 24;

    private readonly Engine _engine = Engine.Load(BundledModel.Find(), new EngineOptions { Threads = 2 });

    public void Dispose() => _engine.Dispose();

    [Fact]
    public void Is_answered_by_methods_that_look_again_and_not_by_one_that_chose_once()
    {
        ExampleDocument document = ExampleDocument.Create(11, 9000);
        string answer = Ask(document, "full");
        Assert.Contains(document.Value, answer, StringComparison.Ordinal);
        Assert.Contains(document.Value, Ask(document, "recycled:k=256"), StringComparison.Ordinal);
        Assert.Contains(document.Value, Ask(document, "recycled:k=256,stride=10,pool=31"), StringComparison.Ordinal);
        Assert.Contains(document.Value, Ask(document, "delta:budget=256"), StringComparison.Ordinal);
        Assert.DoesNotContain(document.Value, Ask(document, "recycled:k=512,check=1,threshold=-2"), StringComparison.Ordinal);
        Assert.DoesNotContain(document.Value, Ask(document, "snapkv:budget=256"), StringComparison.Ordinal);
    }

    /// <summary>Prefills a document, decodes 200 tokens of something else and then the question, each as a step, and lets the model answer.</summary>
    private string Ask(ExampleDocument document, string method)
    {
        int[] prompt = Encode($"<|im_start|>user\n{OneFact(document.Text, document.Value)}\n\nContinue the story.<|im_end|>\n<|im_start|>assistant\n", addSpecial: true);
        int[] other = Encode(OneFact(ExampleDocument.Create(12, 4000).Text, "none"), addSpecial: false)[..Generated];
        int[] question = Encode($"<|im_end|>\n<|im_start|>user\n{document.Question}<|im_end|>\n<|im_start|>assistant\n", addSpecial: false);
        using Session session = _engine.CreateSession(new SessionOptions { Attention = AttentionOptions.Parse(method) });
        session.Prefill(prompt);
        foreach (int token in (int[])[.. other, .. question])
        {
            session.Step(token);
        }

        List<int> answer = [];
        for (int i = 0; i < Answer; i++)
        {
            int best = TensorPrimitives.IndexOfMax(session.Logits);
            answer.Add(best);
            session.Step(best);
        }

        return _engine.Tokenizer.Decode([.. answer]);
    }

    /// <summary>A document without its hidden facts but the one that holds a value: what is tested is attention, not how well a small model tells facts apart.</summary>
    private static string OneFact(string text, string value) =>
        string.Join('\n', text.Split('\n').Where(line => !line.StartsWith("Somebody had added", StringComparison.Ordinal) || line.Contains(value, StringComparison.Ordinal)));

    private int[] Encode(string text, bool addSpecial) => _engine.Tokenizer.Encode(text, addSpecial, parseSpecial: true);
}
