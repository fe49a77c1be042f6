using Winnow.Cache;
using Winnow.Compute;
using Winnow.Compute.Cpu;
using Winnow.Formats;
using Winnow.Tensors;

namespace Winnow.Tests.Cache;

public sealed class KvCacheFileTests : IDisposable
{
    private const string Fingerprint = "model-1";
    private static readonly KvLayout[] Layouts = [new(2, 32, TensorType.F16), new(1, 32, TensorType.F16)];
    private readonly CpuDevice _device = new(new CpuDeviceOptions { Threads = 1 });
    private readonly string _folder = Directory.CreateTempSubdirectory("winnow-kv").FullName;

    private string FilePath => Path.Combine(_folder, "session.kv");

    public void Dispose()
    {
        Directory.Delete(_folder, recursive: true);
        _device.Dispose();
    }

    [Theory]
    [InlineData(0)]
    [InlineData(1)]
    [InlineData(64)]
    [InlineData(130)]
    public void What_was_saved_comes_back(int length)
    {
        using KvCache cache = Filled(length);
        int[] tokens = [.. Enumerable.Range(7, length)];
        KvCacheFile.Save(FilePath, cache, tokens, Fingerprint);
        (KvCache loaded, int[] loadedTokens, byte[] _) = KvCacheFile.Load(FilePath, _device, Layouts, Fingerprint);
        using (loaded)
        {
            Assert.Equal(tokens, loadedTokens);
            Assert.Equal(length, loaded.Length);
            for (int layer = 0; layer < Layouts.Length; layer++)
            {
                for (int row = 0; row < length; row++)
                {
                    Assert.Equal(RowBytes(cache, layer, row), RowBytes(loaded, layer, row));
                }
            }
        }
    }

    [Fact]
    public void Another_model_is_refused()
    {
        Save(3);
        Assert.Contains("another model", Refusal(() => KvCacheFile.Load(FilePath, _device, Layouts, "model-2")), StringComparison.Ordinal);
    }

    [Fact]
    public void Another_type_of_rows_is_refused()
    {
        Save(3);
        KvLayout[] other = [.. Layouts.Select(layout => new KvLayout(layout.KvHeads, layout.KeyDimension, TensorType.F32))];
        Assert.Contains("F16", Refusal(() => KvCacheFile.Load(FilePath, _device, other, Fingerprint)), StringComparison.Ordinal);
    }

    [Fact]
    public void Heads_of_another_number_or_size_are_named()
    {
        Save(3);
        KvLayout first = Layouts[0];
        KvLayout[] more = [new(first.KvHeads + 1, first.KeyDimension, first.KeyType), .. Layouts[1..]];
        Assert.Contains(
            $"was saved with {first.KvHeads} KV heads of 32 and 32 elements; this model has {first.KvHeads + 1} of 32 and 32",
            Refusal(() => KvCacheFile.Load(FilePath, _device, more, Fingerprint)),
            StringComparison.Ordinal);
    }

    [Fact]
    public void A_missing_file_is_refused() => Refusal(() => KvCacheFile.Load(FilePath, _device, Layouts, Fingerprint));

    [Fact]
    public void Every_flipped_byte_and_every_truncation_is_refused()
    {
        Save(5);
        byte[] bytes = File.ReadAllBytes(FilePath);
        for (int i = 0; i < bytes.Length; i += 97)
        {
            byte[] damaged = [.. bytes];
            damaged[i] ^= 0x10;
            File.WriteAllBytes(FilePath, damaged);
            Refusal(() => KvCacheFile.Load(FilePath, _device, Layouts, Fingerprint));
            File.WriteAllBytes(FilePath, bytes[..i]);
            Refusal(() => KvCacheFile.Load(FilePath, _device, Layouts, Fingerprint));
        }
    }

    [Fact]
    public void A_save_that_fails_leaves_the_older_file()
    {
        Save(3);
        byte[] before = File.ReadAllBytes(FilePath);
        using KvCache cache = Filled(3);
        Assert.Throws<WinnowException>(() => KvCacheFile.Save(Path.Combine(FilePath, "inside-a-file"), cache, [1, 2, 3], Fingerprint));
        Assert.Equal(before, File.ReadAllBytes(FilePath));
        Assert.Single(Directory.GetFiles(_folder));
    }

    private void Save(int length)
    {
        using KvCache cache = Filled(length);
        KvCacheFile.Save(FilePath, cache, new int[length], Fingerprint);
    }

    private static string Refusal(Action load) => Assert.Throws<ModelFormatException>(load).Message;

    private KvCache Filled(int length)
    {
        KvCache cache = new(_device, Layouts);
        cache.Reserve(length);
        Random random = new(length);
        using ComputeStream stream = _device.CreateStream();
        for (int layer = 0; layer < Layouts.Length && length > 0; layer++)
        {
            int width = Layouts[layer].KvHeads * Layouts[layer].KeyDimension;
            Matrix rows = _device.AllocateMatrix(length, width);
            stream.Write([.. Enumerable.Range(0, length * width).Select(_ => random.NextSingle())], rows);
            stream.Append(cache.Layer(layer), rows, rows, 0);
            rows.Buffer.Dispose();
        }

        cache.Advance(length);
        return cache;
    }

    private static byte[] RowBytes(KvCache cache, int layer, int row)
    {
        KvLayout layout = Layouts[layer];
        KvPage page = cache.Layer(layer).Pages[row / KvLayout.PageTokens];
        byte[] bytes = new byte[layout.TokenBytes * layout.KvHeads];
        for (int head = 0; head < layout.KvHeads; head++)
        {
            page.Buffer.Read(page.OffsetBytes + layout.RowOffset(head, row % KvLayout.PageTokens), bytes.AsSpan(head * layout.TokenBytes, layout.TokenBytes));
        }

        return bytes;
    }
}
