using System.Text.Json.Nodes;
using Winnow.Generation;
using Winnow.Tests.Formats;

namespace Winnow.Tests.Attention.A2ats;

public sealed class BrokenModelTests : IDisposable
{
    private readonly TemporaryFolder _folder = new();

    public void Dispose() => _folder.Dispose();

    /// <summary>The codebooks are made on the threads of the device: an exception there took the process down.</summary>
    [Theory]
    [InlineData("model.layers.0.self_attn.q_proj.weight")]
    [InlineData("model.layers.0.self_attn.k_proj.weight")]
    public void Queries_and_keys_that_are_no_numbers_end_nothing(string broken)
    {
        string source = SharedData.Path("models/tiny/llama");
        JsonObject config = (JsonObject)JsonNode.Parse(File.ReadAllText(Path.Combine(source, "config.json")))!;
        config["max_position_embeddings"] = 2048;
        File.WriteAllText(_folder.PathOf("config.json"), config.ToJsonString());
        byte[] weights = File.ReadAllBytes(Path.Combine(source, "model.safetensors"));
        int header = (int)BitConverter.ToInt64(weights);
        JsonArray range = (JsonArray)JsonNode.Parse(weights.AsSpan(8, header))![broken]!["data_offsets"]!;
        for (int at = 8 + header + (int)range[0]!; at < 8 + header + (int)range[1]!; at += sizeof(float))
        {
            BitConverter.TryWriteBytes(weights.AsSpan(at), float.NaN);
        }

        _folder.Write("model.safetensors", weights);
        using Engine engine = Engine.Load(_folder.Root, new EngineOptions { Threads = 2 });
        using Session session = engine.CreateSession(new SessionOptions { Attention = AttentionOptions.Parse("a2ats:codebook=online,window=16") });
        int[] prompt = [.. Enumerable.Range(0, 700).Select(i => i % engine.Model.VocabularySize)];
        session.Prefill(prompt);
        session.Step(1);
        Assert.Equal(prompt.Length + 1, session.Tokens.Count);
    }
}
