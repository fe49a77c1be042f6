using Winnow.Generation;
using Winnow.Lab.Quantization;
using Winnow.Lab.Synthesis;
using Winnow.Tensors;

namespace Winnow.Lab.Devices;

/// <summary>A small model with random weights on a device, under each attention method: its logits against the processor's.</summary>
internal static class MethodCheck
{
    private const int PromptTokens = 320;
    private const int Steps = 8;

    /// <summary>The methods, as the command line takes them.</summary>
    public static readonly string[] Methods =
    [
        "full", "recycled:k=64,stride=4", "delta:budget=64,select=0", "a2ats:rho=0.1,window=32,sink=4,far=256,centroids=16", "token-sparse", "snapkv:budget=128",
        "streaming:window=128,sinks=4",
    ];

    /// <summary>The logits after a prompt, and after each of some tokens.</summary>
    /// <param name="device">The device's name: it is opened anew.</param>
    /// <param name="method">One of <see cref="Methods"/>.</param>
    public static float[] Logits(string device, string method)
    {
        string folder = Directory.CreateTempSubdirectory("winnow-check-").FullName;
        try
        {
            string model = Path.Combine(folder, "model.gguf");
            SyntheticModel.Write(model, SyntheticShape.Find("llama-tiny"), QuantizationMix.F16);
            return Logits(model, device, method);
        }
        finally
        {
            Directory.Delete(folder, recursive: true);
        }
    }

    private static float[] Logits(string model, string device, string method)
    {
        using Engine engine = Engine.Load(model, new EngineOptions { Device = device });
        using Session session = engine.CreateSession(new SessionOptions
        {
            Attention = AttentionOptions.Parse(method),
            ContextLength = PromptTokens + Steps,
            KvType = TensorType.F32,
        });
        session.Prefill([.. Enumerable.Range(0, PromptTokens).Select(i => 3 + (i * 37 % 900))]);
        List<float> logits = [.. session.Diagnostics.Logits];
        for (int i = 0; i < Steps; i++)
        {
            logits.AddRange(session.Diagnostics.Step(5 + i));
        }

        return [.. logits];
    }
}
