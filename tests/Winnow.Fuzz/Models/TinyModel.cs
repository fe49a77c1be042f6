using Winnow.Generation;
using Winnow.Lab.Quantization;
using Winnow.Lab.Synthesis;

namespace Winnow.Fuzz.Models;

/// <summary>A whole model of two layers that answers in microseconds: what sessions, indexes and sidecars belong to.</summary>
internal sealed class TinyModel : IDisposable
{
    /// <summary>Layers.</summary>
    public const int Layers = 2;

    /// <summary>KV heads of a layer.</summary>
    public const int KvHeads = 2;

    /// <summary>Elements of a key.</summary>
    public const int HeadDim = 32;

    private static readonly SyntheticShape Shape = new()
    {
        Name = "fuzz",
        Architecture = "llama",
        HiddenSize = 32,
        Layers = Layers,
        Heads = 4,
        KvHeads = KvHeads,
        HeadDim = HeadDim,
        FeedForwardSize = 32,
        VocabularySize = 512,
        IsTied = true,
        RopeTheta = 10_000,
        ContextLength = 4096,
    };

    public TinyModel()
    {
        Folder = new ScratchFolder();
        ModelPath = Folder.PathOf("model.gguf");
        SyntheticModel.Write(ModelPath, Shape, QuantizationMix.F32);
        Engine = Load(null);
    }

    /// <summary>Where the model lies, and what inputs write.</summary>
    public ScratchFolder Folder { get; }

    /// <summary>The model's file.</summary>
    public string ModelPath { get; }

    /// <summary>The model.</summary>
    public Engine Engine { get; private set; }

    /// <summary>A text of its vocabulary, in tokens.</summary>
    public static int[] Prompt(int tokens) => [.. Enumerable.Range(0, tokens).Select(i => 5 + (i * 37 % 300))];

    /// <summary>Loads the model again.</summary>
    /// <param name="calibration">The sidecar; null for none.</param>
    public Engine Load(string? calibration) => Engine.Load(ModelPath, new EngineOptions { Threads = 1, CalibrationPath = calibration });

    /// <summary>Goes on with the model and a sidecar.</summary>
    public void Calibrate(string path)
    {
        Engine.Dispose();
        Engine = Load(path);
    }

    /// <inheritdoc/>
    public void Dispose()
    {
        Engine.Dispose();
        Folder.Dispose();
    }
}
