using System.Runtime.InteropServices;
using Winnow.Attention;
using Winnow.Attention.A2ats;
using Winnow.Formats;
using Winnow.Generation;
using Winnow.Tensors;
using Winnow.Tests.Formats;
using Winnow.Tests.Models;

namespace Winnow.Tests.Attention;

/// <summary>
/// Models whose layers are not all alike (windows, chunks, states, convolutions, compressed or shared keys) under each attention method: a
/// session that is cut, forked or saved goes on with the bits that it would have had, and a budget that covers everything is full attention.
/// </summary>
public sealed class DifferingLayersTests : IDisposable
{
    private const string TokenSparse = "token-sparse:tau=0.7,window=8,min=16,from=0";
    private const int Centroids = 8;

    /// <summary>Where each prompt and the answer to it end.</summary>
    private static readonly (int Prompt, int Answer)[] Turns = [(96, 120), (150, 170)];

    private static readonly int[] Tokens = [.. Enumerable.Range(0, Turns[^1].Answer).Select(i => 3 + (((i * 7919) + (i * i % 101)) % 280))];

    private readonly TemporaryFolder _folder = new();

    public static TheoryData<string> Names =>
    [
        "lfm2", "qwen3_5", "qwen3_next", "jamba", "falcon_h1", "granitemoehybrid", "olmo_hybrid", "minimax", "deepseek_v2", "minicpm3",
        "gemma3", "gemma4", "gemma4-kv", "gpt_oss", "llama4", "mimo_v2_flash", "cohere2", "smollm3", "bloom", "phi3-longrope",
    ];

    public void Dispose() => _folder.Dispose();

    [Theory]
    [MemberData(nameof(Names))]
    public void Sessions_go_on_after_a_cut_a_fork_and_a_file(string name)
    {
        using Engine engine = Load(name);
        string path = _folder.PathOf("session");
        float[]?[]? full = null;
        foreach (string specification in Specifications(engine))
        {
            using Session session = Create(engine, specification);
            float[]?[] expected = Read(session, 0);
            Assert.All(expected, logits => Assert.All(logits ?? [], logit => Assert.True(float.IsFinite(logit))));
            full ??= expected;
            Assert.Equal(specification == "full", expected.Zip(full).All(pair => (pair.First ?? []).SequenceEqual(pair.Second ?? [])));

            // Rows of a prompt depend on its end where attention is sparse, so that less of it is no prompt of its own.
            foreach (int length in ((int[])[165, 151, 145, 121, 97, 60, 3, 0]).Where(length => length > Turns[0].Prompt || !specification.Contains(TokenSparse, StringComparison.Ordinal)))
            {
                session.Truncate(length);
                Check(expected, Read(session, length), $"{specification}, cut to {length}");
            }

            foreach (int end in (int[])[96, 111, 158])
            {
                using Session origin = Create(engine, specification);
                Read(origin, 0, end);
                origin.Save(path);
                using Session fork = origin.Fork();
                using Session loaded = Create(engine, specification);
                Read(loaded, 0, 50);
                loaded.Load(path);
                Check(expected, Read(fork, end), $"{specification}, forked at {end}");
                Check(expected, Read(loaded, end), $"{specification}, saved at {end}");
                Check(expected, Read(origin, end), $"{specification}, after a fork at {end}");
                if (!TinyModels.Hybrids.Contains(name))
                {
                    // A state that is older than the file is made again from all tokens as one prompt, in another order of sums.
                    loaded.Truncate(108);
                    Check(expected, Read(loaded, 108), $"{specification}, saved at {end} and cut");
                }
            }
        }
    }

    [Theory]
    [MemberData(nameof(Names))]
    public void A_budget_that_covers_everything_is_full_attention(string name)
    {
        using Engine engine = Load(name);
        using Session full = Create(engine, "full");
        float[]?[] expected = Read(full, 0);
        string[] budgets =
        [
            "recycled:k=1000,stride=5,from=0",
            "delta:page=4,pages=1000,from=0",
            "token-sparse:tau=0.7,window=8,min=1000,from=0",
            $"a2ats:budget=1000,window=8,sink=2,codebook={WriteCodebook(engine)}",
            "snapkv:budget=1000,window=8",
        ];
        foreach (string specification in budgets)
        {
            using Session session = Create(engine, specification);
            Check(expected, Read(session, 0), specification);
        }
    }

    [Theory]
    [InlineData("mamba")]
    [InlineData("falcon_mamba")]
    [InlineData("mamba2")]
    public void A_model_without_attention_refuses_every_method(string name)
    {
        using Engine engine = Load(name);
        foreach (string specification in (string[])["recycled", "delta", "token-sparse", "a2ats", "snapkv", "streaming"])
        {
            Assert.Contains(
                "have no attention that a method could change", Assert.Throws<InvalidOptionException>(() => Create(engine, specification)).Message, StringComparison.Ordinal);
        }
    }

    [Fact]
    public void Layers_within_chunks_are_not_for_methods()
    {
        using Engine engine = Load("llama4");
        Assert.Contains("has chunks and keeps them", Assert.Throws<InvalidOptionException>(() => Create(engine, "delta:page=4,pages=5,recent=1,select=0")).Message, StringComparison.Ordinal);
    }

    private static Engine Load(string name) => Engine.Load(GeneratedModel.Folder(name), new EngineOptions { Threads = 1 });

    /// <summary>All methods; delta only where a layer follows the one that selects.</summary>
    private IEnumerable<string> Specifications(Engine engine)
    {
        IReadOnlyList<int> layers = engine.Transformer.AttentionLayers.Global;
        yield return "full";
        yield return "recycled:k=12,stride=5,pool=3,from=0";
        yield return "recycled:k=12,check=3,threshold=0.9,pool=1,from=0";
        yield return $"a2ats:rho=0.1,window=8,sink=2,codebook={WriteCodebook(engine)}";
        if (layers.Count > 1)
        {
            string delta = $"delta:page=4,pages=5,recent=1,select={layers[0]},from=0";
            yield return delta;
            yield return $"{TokenSparse},layers={layers[0]}+{delta}";
        }
        else
        {
            yield return $"{TokenSparse},layers={layers[0]}+recycled:k=12,stride=5,pool=3,from=0";
        }
    }

    /// <summary>Codes of keys as they are, by centroids of random numbers.</summary>
    private string WriteCodebook(Engine engine)
    {
        AttentionLayers layers = engine.Transformer.AttentionLayers;
        (int heads, int dimension) = (layers.GlobalShape.KvHeads, layers.GlobalShape.HeadDimension);
        float[] lower = new float[layers.Count * heads * dimension * dimension];
        for (int i = 0; i < lower.Length; i += dimension * dimension)
        {
            for (int j = 0; j < dimension; j++)
            {
                lower[i + (j * (dimension + 1))] = 1;
            }
        }

        float[] centroids = new float[layers.Count * heads * Centroids * dimension];
        GeneratedWeights.Fill(centroids, "codebook", CodebookFile.Centroids, mean: 0, spread: 1);
        string path = _folder.PathOf("codebook.safetensors");
        using SafetensorsWriter writer = new(path);
        writer.Declare(CodebookFile.Lower, TensorType.F32, layers.Count, heads, dimension, dimension);
        writer.Declare(CodebookFile.ScoreCentroids, TensorType.F32, layers.Count, heads, Centroids, dimension);
        writer.Write(CodebookFile.Lower, MemoryMarshal.AsBytes(lower.AsSpan()));
        writer.Write(CodebookFile.ScoreCentroids, MemoryMarshal.AsBytes(centroids.AsSpan()));
        writer.Complete();
        return path;
    }

    private static Session Create(Engine engine, string specification) => engine.CreateSession(
        new SessionOptions { Attention = AttentionOptions.Parse(specification), KvType = TensorType.F32, ContextLength = Tokens.Length + 10 });

    /// <summary>Reads the conversation on, from where a session stands to an end; returns the logits after each position at which they are known.</summary>
    private static float[]?[] Read(Session session, int from, int? end = null)
    {
        float[]?[] logits = new float[Tokens.Length + 1][];
        foreach ((int prompt, int answer) in Turns)
        {
            if (from < prompt && from < (end ?? prompt))
            {
                from = Math.Min(prompt, end ?? prompt);
                session.Prefill(Tokens[..from]);
                logits[from] = session.Diagnostics.Logits.ToArray();
            }

            for (; from >= prompt && from < Math.Min(answer, end ?? answer); from++)
            {
                logits[from + 1] = session.Diagnostics.Step(Tokens[from]).ToArray();
            }
        }

        return logits;
    }

    private static void Check(float[]?[] expected, float[]?[] actual, string what)
    {
        int compared = 0;
        for (int position = 0; position < actual.Length; position++)
        {
            if (actual[position] is { } logits)
            {
                Assert.True(expected[position].AsSpan().SequenceEqual(logits), $"{what}: other logits after {position} tokens");
                compared++;
            }
        }

        Assert.True(compared > 0, what);
    }
}
