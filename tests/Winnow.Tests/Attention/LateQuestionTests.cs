using System.Numerics.Tensors;
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
        Assert.Contains(document.Value, Ask(document, "full"), StringComparison.Ordinal);
        Assert.Contains(document.Value, Ask(document, "recycled:k=256"), StringComparison.Ordinal);
        Assert.Contains(document.Value, Ask(document, "recycled:k=256,stride=10"), StringComparison.Ordinal);
        Assert.Contains(document.Value, Ask(document, "delta:budget=256"), StringComparison.Ordinal);
        Assert.DoesNotContain(document.Value, Ask(document, "snapkv:budget=96"), StringComparison.Ordinal);
    }

    [Theory]
    [InlineData("recycled:k=256,stride=50,pool=1", true)]
    [InlineData("recycled:k=256,check=5,threshold=0.8,pool=1", true)]
    [InlineData("delta:page=16,pages=16,recent=2,select=0", true)]
    [InlineData("recycled:k=300,check=1,threshold=-2,pool=1", false)]
    [InlineData("snapkv:budget=256", false)]
    public void Reaches_its_row_in_a_layer_that_no_earlier_query_led_to(string method, bool isFound)
    {
        const int Prompt = 1000;
        const int Needle = 400;
        const int Dimension = 16;
        using AttentionRig rig = new(AttentionOptions.Parse(method), layers: 2, dimension: Dimension);
        for (int layer = 0; layer < 2; layer++)
        {
            for (int kvHead = 0; kvHead < 2; kvHead++)
            {
                rig.ChooseKey(layer, Needle, kvHead, [60, -60, .. new float[Dimension - 2]]);
            }

            // Until the question comes, every query turns its back on the needle.
            for (int position = Prompt - 64; position < Prompt + Generated + 60; position++)
            {
                for (int head = 0; head < 4; head++)
                {
                    rig.ChooseQuery(layer, position, head, AttentionRig.Axis(Dimension, position < Prompt + Generated ? 1 : 0, position < Prompt + Generated ? 1 : 3));
                }
            }
        }

        rig.Prompt(Prompt);
        for (int step = 1; step <= Generated + 55; step++)
        {
            rig.Step();
            bool reads = rig.Rows(1, 0)?.Contains(Needle) ?? true;
            Assert.True(step >= Generated || !reads || rig.ReadAll(1), "the needle is read before anybody asks for it");
        }

        Assert.Equal(isFound, rig.Rows(1, 0)!.Contains(Needle));
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
            session.Diagnostics.Step(token);
        }

        List<int> answer = [];
        for (int i = 0; i < Answer; i++)
        {
            int best = TensorPrimitives.IndexOfMax(session.Diagnostics.Logits);
            answer.Add(best);
            session.Diagnostics.Step(best);
        }

        return _engine.Tokenizer.Decode([.. answer]);
    }

    /// <summary>A document without its hidden facts but the one that holds a value: what is tested is attention, not how well a small model tells facts apart.</summary>
    internal static string OneFact(string text, string value) =>
        string.Join('\n', text.Split('\n').Where(line => !line.StartsWith("Somebody had added", StringComparison.Ordinal) || line.Contains(value, StringComparison.Ordinal)));

    private int[] Encode(string text, bool addSpecial) => _engine.Tokenizer.Encode(text, addSpecial, parseSpecial: true);
}
