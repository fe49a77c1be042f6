using System.Diagnostics;
using Winnow.Formats;
using Winnow.Generation;
using Winnow.Lab.Conversion;
using Winnow.Tests.Formats;

namespace Winnow.Tests.Models;

/// <summary>Damaged copies of whole models: each is refused with a typed error, or loads and computes something.</summary>
public sealed class MutatedModelTests(ITestOutputHelper output) : IDisposable
{
    private const long MaxAllocatedBytes = 256 << 20;

    private readonly TemporaryFolder _folder = new();

    public void Dispose() => _folder.Dispose();

    [Fact]
    public void A_mutated_GGUF_model_is_refused_or_computes()
    {
        byte[] whole = File.ReadAllBytes(SharedData.Path("models/stories260k/stories260k-f32.gguf"));
        Run(random => _folder.Write("model.gguf", Mutation.Of(whole, headerBytes: 24_000, random)), copies: 500);
    }

    [Theory]
    [InlineData("llama")]
    [InlineData("qwen3")]
    public void A_mutated_converted_model_is_refused_or_computes(string name)
    {
        string converted = _folder.PathOf("whole.gguf");
        HuggingFaceConverter.Convert(TinyModels.Path(name), converted);
        byte[] whole = File.ReadAllBytes(converted);
        using GgufFile file = GgufFile.Open(converted);
        int headerBytes = whole.Length - (int)file.Tensors.Values.Sum(tensor => tensor.SizeBytes);
        Run(random => _folder.Write("model.gguf", Mutation.Of(whole, headerBytes, random)), copies: 250);
    }

    [Theory]
    [InlineData("config.json")]
    [InlineData("tokenizer.json")]
    [InlineData("tokenizer_config.json")]
    [InlineData("model.safetensors")]
    public void A_mutated_directory_is_refused_or_computes(string mutated)
    {
        string source = SharedData.Path("models/stories260k");
        foreach (string file in new[] { "config.json", "tokenizer.json", "tokenizer_config.json", "model.safetensors" })
        {
            File.Copy(Path.Combine(source, file), _folder.PathOf(file));
            File.SetAttributes(_folder.PathOf(file), FileAttributes.Normal);
        }

        byte[] whole = File.ReadAllBytes(_folder.PathOf(mutated));
        Run(
            random =>
            {
                _folder.Write(mutated, Mutation.Of(whole, headerBytes: Math.Min(whole.Length, 20_000), random));
                return _folder.Root;
            },
            copies: 250);
    }

    private void Run(Func<Random, string> mutate, int copies)
    {
        int seed = Environment.TickCount;
        output.WriteLine($"seed {seed}");
        Random random = new(seed);
        int computed = 0;
        for (int copy = 0; copy < copies; copy++)
        {
            string path = mutate(random);
            // Of one thread, the only one that computes here: other tests run meanwhile.
            long before = GC.GetAllocatedBytesForCurrentThread();
            try
            {
                using Engine engine = Engine.Load(path, new EngineOptions { Threads = 1 });
                using Session session = engine.CreateSession();
                if (engine.Tokenizer.TryGetId("<unk>", out _))
                {
                    engine.Tokenizer.Decode(engine.Tokenizer.Encode("Once upon a time", addSpecial: true));
                }

                session.Prefill([1, 2, 3]);
                session.Diagnostics.Step(engine.Model.VocabularySize - 1);
                computed++;
            }
            catch (WinnowException error)
            {
                Assert.DoesNotContain('\n', error.Message);
                Assert.NotEmpty(error.Message);
            }
            catch (Exception error)
            {
                Assert.Fail($"seed {seed}, copy {copy}: {error}");
            }

            Assert.InRange(GC.GetAllocatedBytesForCurrentThread() - before, 0, MaxAllocatedBytes);
        }

        output.WriteLine($"{computed} of {copies} copies computed; peak memory of the process {Process.GetCurrentProcess().PeakWorkingSet64 / 1e6:F0} MB");
        Assert.InRange(computed, 0, copies - 1);
    }
}
