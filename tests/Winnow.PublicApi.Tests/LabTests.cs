using Winnow.DeviceTests;
using Winnow.Generation;
using Winnow.Lab.Conversion;
using Winnow.Lab.Evaluation;
using Winnow.Lab.Quantization;

namespace Winnow.PublicApi.Tests;

/// <summary>What the laboratory offers an application.</summary>
public sealed class LabTests : IDisposable
{
    private readonly TemporaryFolder _folder = new();

    public void Dispose() => _folder.Dispose();

    [Fact]
    public void A_model_is_quantized_and_its_perplexity_measured()
    {
        string path = _folder.PathOf("small.gguf");
        QuantizerOptions options = new() { AllowRequantizing = true };
        ModelQuantizer.Quantize(Checkout.ModelPath, path, QuantizationMix.Q4_0, options);
        Assert.True(new FileInfo(path).Length < 0.7 * new FileInfo(Checkout.ModelPath).Length);
        double original = Measure(Checkout.ModelPath);
        Assert.InRange(Measure(path), 0.9 * original, 1.2 * original);
    }

    [Fact]
    public void A_quantized_model_is_not_quantized_again_unless_asked_to()
    {
        string path = _folder.PathOf("small.gguf");
        Assert.ThrowsAny<WinnowException>(() => ModelQuantizer.Quantize(Checkout.ModelPath, path, QuantizationMix.Q4_0));
        Assert.False(File.Exists(path));
    }

    [Fact]
    public void A_converted_model_has_the_logits_of_its_folder()
    {
        string folder = GeneratedModel.Folder("llama");
        HuggingFaceConverter.Convert(folder, _folder.PathOf("tiny.gguf"));
        foreach ((float expected, float actual) in Logits(folder).Zip(Logits(_folder.PathOf("tiny.gguf"))))
        {
            Assert.Equal(expected, actual, 1e-4f);
        }
    }

    [Fact]
    public void An_engine_tells_which_methods_lack_a_calibration_and_how_to_make_one()
    {
        using Engine calibrated = Engine.Load(Checkout.ModelPath);
        Assert.Empty(calibrated.NotesFor(AttentionOptions.Parse("s3+token-sparse+delta")));
        File.Copy(Checkout.ModelPath, _folder.PathOf("alone.gguf"));
        using Engine alone = Engine.Load(_folder.PathOf("alone.gguf"));
        Assert.Empty(alone.NotesFor(AttentionOptions.Parse("recycled")));
        IReadOnlyList<string> notes = alone.NotesFor(AttentionOptions.Parse("s3+token-sparse+delta"));
        Assert.Equal(3, notes.Count);
        Assert.All(notes, note => Assert.Contains("winnow calibrate -m ", note, StringComparison.Ordinal));
    }

    private static double Measure(string path)
    {
        using Engine engine = Engine.Load(path);
        using Session session = engine.CreateSession();
        string text = File.ReadAllText(Checkout.PathOf("CONTRIBUTING.md"));
        int[] tokens = [.. engine.Tokenizer.Encode(text, addSpecial: true).Take(256)];
        return Perplexity.Measure(session, tokens, window: 128, stride: 128).Perplexity;
    }

    private static float[] Logits(string path)
    {
        using Engine engine = Engine.Load(path);
        using Session session = engine.CreateSession();
        session.Prefill([3, 4, 5, 6]);
        return session.Diagnostics.Logits.ToArray();
    }
}
