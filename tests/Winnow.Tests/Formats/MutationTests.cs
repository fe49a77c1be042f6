using Winnow.Formats;
using Winnow.Tests.Models;

namespace Winnow.Tests.Formats;

/// <summary>Damaged copies of good files: each is refused with one kind of error, or opens and can be read to the end.</summary>
public sealed class MutationTests(ITestOutputHelper output) : IDisposable
{
    private const int Copies = 1000;
    private const long MaxAllocatedBytes = 64 << 20;

    private readonly TemporaryFolder _folder = new();

    public void Dispose() => _folder.Dispose();

    [Fact]
    public void Mutated_GGUF_files_are_refused_or_read() =>
        Run("mutated.gguf", GgufImage.WithEverything().ToArray(), Copies, GgufFile.Open);

    [Fact]
    public void Mutated_safetensors_files_are_refused_or_read() =>
        Run("mutated.safetensors", SafetensorsImage.WithEverything(), Copies, SafetensorsFile.Open);

    [Fact]
    public void A_mutated_real_GGUF_is_refused_or_read() =>
        Run("mutated.gguf", File.ReadAllBytes(SharedData.Path("models/stories260k/stories260k-f32.gguf")), Copies / 5, GgufFile.Open, headerBytes: 24_000);

    [Fact]
    public void A_mutated_real_safetensors_is_refused_or_read() =>
        Run("mutated.safetensors", File.ReadAllBytes(Path.Combine(TinyModels.Path("llama"), "model.safetensors")), Copies / 5, SafetensorsFile.Open, headerBytes: 2_000);

    [Fact]
    public void A_mutated_index_is_refused_or_read()
    {
        _folder.Write("a.safetensors", SafetensorsImage.WithEverything());
        byte[] index = """{"metadata":{"total_size":67},"weight_map":{"f32":"a.safetensors","u8":"a.safetensors"}}"""u8.ToArray();
        Run("model.safetensors.index.json", index, Copies, SafetensorsFile.Open);
    }

    private void Run(string name, byte[] whole, int copies, Func<string, ITensorFile> open, int headerBytes = int.MaxValue)
    {
        int seed = Environment.TickCount;
        output.WriteLine($"seed {seed}");
        Random random = new(seed);
        int opened = 0;
        for (int copy = 0; copy < copies; copy++)
        {
            byte[] mutated = Mutation.Of(whole, Math.Min(headerBytes, whole.Length), random);
            string path = _folder.Write(name, mutated);
            long allocatedBefore = GC.GetAllocatedBytesForCurrentThread();
            try
            {
                using ITensorFile file = open(path);
                SharedModelsTests.ReadEnds(file);
                opened++;
            }
            catch (ModelFormatException error)
            {
                Assert.StartsWith(_folder.Root, error.Message);
            }
            catch (Exception error)
            {
                Assert.Fail($"seed {seed}, copy {copy}: {error}");
            }

            long allocated = GC.GetAllocatedBytesForCurrentThread() - allocatedBefore;
            Assert.True(
                allocated < MaxAllocatedBytes,
                $"seed {seed}, copy {copy}: {allocated:N0} bytes allocated for a file of {mutated.Length:N0}");
        }

        output.WriteLine($"{opened} of {copies} copies opened");
        Assert.InRange(opened, 0, copies - 1);
    }
}
