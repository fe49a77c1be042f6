using System.Buffers.Binary;
using System.Text;
using Winnow.Formats;

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
        Run("mutated.gguf", ReadShared("models/stories260k/stories260k-f32.gguf"), Copies / 5, GgufFile.Open, headerBytes: 24_000);

    [Fact]
    public void A_mutated_real_safetensors_is_refused_or_read() =>
        Run("mutated.safetensors", ReadShared("models/tiny/llama/model.safetensors"), Copies / 5, SafetensorsFile.Open, headerBytes: 2_000);

    [Fact]
    public void A_mutated_index_is_refused_or_read()
    {
        _folder.Write("a.safetensors", SafetensorsImage.WithEverything());
        byte[] index = """{"metadata":{"total_size":67},"weight_map":{"f32":"a.safetensors","u8":"a.safetensors"}}"""u8.ToArray();
        Run("model.safetensors.index.json", index, Copies, SafetensorsFile.Open);
    }

    private static byte[] ReadShared(string path) => File.ReadAllBytes(SharedData.Path(path));

    private void Run(string name, byte[] whole, int copies, Func<string, ITensorFile> open, int headerBytes = int.MaxValue)
    {
        int seed = Environment.TickCount;
        output.WriteLine($"seed {seed}");
        Random random = new(seed);
        int opened = 0;
        for (int copy = 0; copy < copies; copy++)
        {
            byte[] mutated = Mutate(whole, Math.Min(headerBytes, whole.Length), random);
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

    private static byte[] Mutate(byte[] whole, int headerBytes, Random random)
    {
        byte[] bytes = (byte[])whole.Clone();
        int changes = random.Next(2) == 0 ? 1 : random.Next(2, 6);
        for (int i = 0; i < changes && bytes.Length > 16; i++)
        {
            int limit = Math.Min(headerBytes, bytes.Length);
            int at = random.Next(limit);
            int length = random.Next(1, 1 + Math.Min(64, bytes.Length - at));
            bytes = random.Next(8) switch
            {
                0 or 1 => FlipBits(bytes, limit, random),
                2 => bytes[..random.Next(bytes.Length)],
                3 or 4 => PutHugeNumber(bytes, at, random),
                5 => [.. bytes[..at], .. bytes[(at + length)..]],
                6 => [.. bytes[..at], .. bytes.AsSpan(random.Next(bytes.Length - length + 1), length), .. bytes[at..]],
                _ => Overwrite(bytes, at, bytes[random.Next(bytes.Length)]),
            };
        }

        return bytes.Length > 0 ? bytes : [0];
    }

    private static byte[] FlipBits(byte[] bytes, int limit, Random random)
    {
        for (int i = random.Next(1, 9); i > 0; i--)
        {
            bytes[random.Next(limit)] ^= (byte)(1 << random.Next(8));
        }

        return bytes;
    }

    /// <summary>A count, length or offset far too large: binary at any place, or as the digits of a number in a text.</summary>
    private static byte[] PutHugeNumber(byte[] bytes, int at, Random random)
    {
        ulong[] numbers =
        [
            ulong.MaxValue, 1ul << 63, long.MaxValue, 1ul << 61, 1ul << 40, uint.MaxValue, 1ul << 31, int.MaxValue, 0, (ulong)bytes.Length,
        ];
        ulong number = numbers[random.Next(numbers.Length)];
        int digit = bytes.AsSpan(at).IndexOfAnyInRange((byte)'0', (byte)'9');
        if (digit >= 0 && random.Next(2) == 0)
        {
            return [.. bytes[..(at + digit)], .. Encoding.ASCII.GetBytes(number.ToString()), .. bytes[(at + digit + 1)..]];
        }

        if (bytes.Length - at >= 8)
        {
            BinaryPrimitives.WriteUInt64LittleEndian(bytes.AsSpan(at), number);
        }

        return bytes;
    }

    private static byte[] Overwrite(byte[] bytes, int at, byte value)
    {
        bytes[at] = value;
        return bytes;
    }
}
