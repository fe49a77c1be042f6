using System.Text.Json.Nodes;
using Winnow.Generation;
using Winnow.Tests.Formats;
using Winnow.Tests.Models;

namespace Winnow.Tests.Attention.A2ats;

public sealed class BrokenModelTests : IDisposable
{
    private readonly TemporaryFolder _folder = new();

    public void Dispose() => _folder.Dispose();

    /// <summary>The codebooks are made on the threads of the device: an exception there took the process down.</summary>
    [Fact]
    public void Queries_that_are_no_numbers_are_refused_by_their_layer()
    {
        using Engine engine = LoadBroken("model.layers.1.self_attn.q_proj.weight");
        using Session session = CreateSession(engine);
        int[] prompt = Prompt(engine);
        for (int round = 0; round < 2; round++)
        {
            WinnowException error = Assert.Throws<WinnowException>(() => session.Prefill(prompt));
            Assert.Contains("a2ats, layer 1:", error.Message, StringComparison.Ordinal);
            Assert.Contains("no number", error.Message, StringComparison.Ordinal);
        }

        // What is too short for codebooks needs none.
        session.Prefill(prompt[..100]);
        session.Diagnostics.Step(1);
        Assert.Equal(101, session.Tokens.Count);
    }

    /// <summary>The codebooks are made on the threads of the device: an exception there took the process down.</summary>
    [Fact]
    public void Keys_that_are_no_numbers_end_nothing()
    {
        using Engine engine = LoadBroken("model.layers.0.self_attn.k_proj.weight");
        using Session session = CreateSession(engine);
        int[] prompt = Prompt(engine);
        session.Prefill(prompt);
        session.Diagnostics.Step(1);
        Assert.Equal(prompt.Length + 1, session.Tokens.Count);
    }

    private static Session CreateSession(Engine engine) =>
        engine.CreateSession(new SessionOptions { Attention = AttentionOptions.Parse("a2ats:codebook=online,window=16") });

    private static int[] Prompt(Engine engine) => [.. Enumerable.Range(0, 700).Select(i => i % engine.Model.VocabularySize)];

    /// <summary>A model in which the values of a tensor are no numbers.</summary>
    private Engine LoadBroken(string tensor)
    {
        string source = TinyModels.Path("llama");
        JsonObject config = (JsonObject)JsonNode.Parse(File.ReadAllText(Path.Combine(source, "config.json")))!;
        config["max_position_embeddings"] = 2048;
        File.WriteAllText(_folder.PathOf("config.json"), config.ToJsonString());
        byte[] weights = File.ReadAllBytes(Path.Combine(source, "model.safetensors"));
        int header = (int)BitConverter.ToInt64(weights);
        JsonArray range = (JsonArray)JsonNode.Parse(weights.AsSpan(8, header))![tensor]!["data_offsets"]!;
        for (int at = 8 + header + (int)range[0]!; at < 8 + header + (int)range[1]!; at += sizeof(float))
        {
            BitConverter.TryWriteBytes(weights.AsSpan(at), float.NaN);
        }

        _folder.Write("model.safetensors", weights);
        return Engine.Load(_folder.Root, new EngineOptions { Threads = 2 });
    }
}
