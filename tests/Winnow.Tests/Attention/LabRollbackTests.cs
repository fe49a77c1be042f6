using Winnow.Cli;
using Winnow.Cli.Chat;
using Winnow.Generation;
using Winnow.Tensors;
using Winnow.Tests.Formats;

namespace Winnow.Tests.Attention;

/// <summary>The bundled model, with the codebooks of its calibration and with lists of a size that is used: cut, forked or saved, an answer goes on with the same bits.</summary>
public sealed class LabRollbackTests : IDisposable
{
    private const int PromptTokens = 600;
    private const int Steps = 70;

    private readonly Engine _engine = Engine.Load(BundledModel.Find());
    private readonly TemporaryFolder _folder = new();
    private readonly int[] _text;

    public LabRollbackTests() => _text = _engine.Tokenizer.Encode(ExampleDocument.Create(seed: 3, characters: 6000).Text, addSpecial: true)[..(PromptTokens + Steps)];

    public void Dispose()
    {
        _engine.Dispose();
        _folder.Dispose();
    }

    [Theory]
    [InlineData("recycled:k=128", TensorType.F16)]
    [InlineData("recycled:k=128,stride=25", TensorType.Q8_0)]
    [InlineData("a2ats:rho=0.05,window=32", TensorType.F16)]
    [InlineData("a2ats:rho=0.05,window=32", TensorType.Q8_0)]
    [InlineData("a2ats:rho=0.05,window=32,codebook=online,centroids=64", TensorType.F16)]
    [InlineData("token-sparse:layers=4-7,min=64+recycled:k=128", TensorType.F16)]
    public void An_answer_that_is_taken_back_comes_again(string specification, TensorType type)
    {
        using Session session = Create(specification, type);
        session.Prefill(_text[..PromptTokens]);
        float[][] expected = Follow(session, PromptTokens);
        foreach (int length in (int[])[660, 633, 601, 600])
        {
            session.Truncate(length);
            Check(expected, Follow(session, length));
        }

        using Session fork = session.Fork();
        fork.Truncate(640);
        Check(expected, Follow(fork, 640));

        string path = _folder.PathOf("session");
        fork.Truncate(650);
        fork.Save(path);
        using Session loaded = Create(specification, type);
        loaded.Load(path);
        Check(expected, Follow(loaded, 650));
        loaded.Truncate(610);
        Check(expected, Follow(loaded, 610));
    }

    [Theory]
    [InlineData("a2ats:rho=0.05,window=32")]
    [InlineData("a2ats:rho=0.05,window=32,codebook=online,centroids=64")]
    [InlineData("snapkv:budget=128")]
    public void A_prompt_whose_end_was_taken_back_is_read_to_its_end(string specification)
    {
        using Session session = Create(specification, TensorType.F16);
        session.Prefill(_text[..PromptTokens]);
        float[][] expected = Follow(session, PromptTokens);
        session.Truncate(450);
        session.Prefill(_text[..PromptTokens]);
        Check(expected, Follow(session, PromptTokens));
    }

    private static void Check(float[][] expected, float[][] actual)
    {
        for (int i = 0; i < actual.Length; i++)
        {
            Assert.True(expected[^(i + 1)].AsSpan().SequenceEqual(actual[^(i + 1)]), $"other logits {i + 1} steps before the end");
        }
    }

    /// <summary>The logits after each of the tokens from a position on.</summary>
    private float[][] Follow(Session session, int position) => [.. _text[position..].Select(token => session.Diagnostics.Step(token).ToArray())];

    private Session Create(string specification, TensorType type) =>
        _engine.CreateSession(new SessionOptions { Attention = AttentionOptions.Parse(specification), KvType = type });
}
