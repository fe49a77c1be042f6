using Winnow.Cache;
using Winnow.Compute;
using Winnow.Compute.Cpu;
using Winnow.Formats;
using Winnow.Tensors;

namespace Winnow.Tests.Cache;

/// <summary>A toy plane, one byte for each token: wherever its page goes, it goes too.</summary>
public sealed class KvPlaneTests : IDisposable
{
    private static readonly KvLayout[] Layouts = [With(new KvPlane("pad", 5), new KvPlane("marks", KvLayout.PageTokens)), With(), With(new KvPlane("marks", 100))];

    private readonly CpuDevice _device = new(new CpuDeviceOptions { Threads = 1 });
    private readonly string _file = Path.GetTempFileName();

    public void Dispose()
    {
        _device.Dispose();
        File.Delete(_file);
    }

    [Fact]
    public void Planes_lie_behind_the_rows_and_apart()
    {
        Assert.Equal(Layouts[1].PageBytes, Layouts[0].PlaneOffset("pad"));
        Assert.Equal(Layouts[1].PageBytes + 64, Layouts[0].PlaneOffset("marks"));
        Assert.Equal(Layouts[1].PageBytes + 128, Layouts[0].PageBytes);
        Assert.Equal(Layouts[1].PageBytes + 128, Layouts[2].PageBytes);
        Assert.Throws<ArgumentException>(() => Layouts[1].PlaneOffset("marks"));
        Assert.Throws<ArgumentException>(() => With(new KvPlane("a", 1), new KvPlane("a", 2)));
        Assert.Throws<ArgumentOutOfRangeException>(() => With(new KvPlane("a", 0)));
    }

    [Theory]
    [InlineData(1)]
    [InlineData(2)]
    public void Planes_follow_forks_truncations_and_copies(int seed)
    {
        Random random = new(seed);
        List<(KvCache Cache, List<byte> Marks)> caches = [(new KvCache(_device, Layouts), [])];
        for (int step = 0; step < 200; step++)
        {
            (KvCache cache, List<byte> marks) = caches[random.Next(caches.Count)];
            switch (random.Next(4))
            {
                case < 2:
                    int count = random.Next(100);
                    cache.Reserve(count);
                    for (int i = 0; i < count; i++)
                    {
                        marks.Add((byte)random.Next(1, 256));
                        Mark(cache, marks.Count - 1, marks[^1]);
                    }

                    cache.Advance(count);
                    break;
                case 2:
                    int length = random.Next(marks.Count + 1);
                    cache.Truncate(length);
                    marks.RemoveRange(length, marks.Count - length);
                    break;
                case 3 when caches.Count < 5:
                    int shared = random.Next(marks.Count + 1);
                    caches.Add((cache.Fork(shared), marks[..shared]));
                    break;
            }

            Assert.All(caches, entry => Assert.Equal(entry.Marks, Marks(entry.Cache)));
        }

        caches.ForEach(entry => entry.Cache.Dispose());
    }

    [Fact]
    public void Planes_are_saved_and_loaded()
    {
        using KvCache cache = Marked(150);
        KvCacheFile.Save(_file, cache, new int[150], "model");
        (KvCache loaded, int[] _, byte[] _) = KvCacheFile.Load(_file, _device, Layouts, "model");
        using (loaded)
        {
            Assert.Equal(Marks(cache), Marks(loaded));
        }

        KvLayout[] others = [Layouts[0], Layouts[1], With(new KvPlane("means", 100))];
        Assert.Contains("'marks:100'", Assert.Throws<ModelFormatException>(() => KvCacheFile.Load(_file, _device, others, "model")).Message, StringComparison.Ordinal);
    }

    [Fact]
    public void Rows_next_to_a_plane_are_those_without_one()
    {
        using ComputeStream stream = _device.CreateStream();
        Matrix rows = _device.AllocateMatrix(130, 64);
        float[] values = [.. Enumerable.Range(0, 130 * 64).Select(i => MathF.Sin(i))];
        stream.Write(values, rows);
        using KvCache cache = Marked(0);
        cache.Reserve(130);
        AttentionShape shape = new(4, 2, 32, 0.2f);
        float[][] outputs = new float[2][];
        for (int layer = 0; layer < 2; layer++)
        {
            stream.Append(cache.Layer(layer), rows, rows, 0);
            Matrix queries = _device.AllocateMatrix(5, 128);
            stream.Write(values.AsSpan(0, 5 * 128), queries);
            Matrix output = _device.AllocateMatrix(5, 128);
            stream.Attend(shape, queries, cache.Layer(layer), 125, AttentionPlan.All, isStep: false, output);
            outputs[layer] = new float[5 * 128];
            stream.Read(output, outputs[layer]);
            queries.Buffer.Dispose();
            output.Buffer.Dispose();
        }

        rows.Buffer.Dispose();
        Assert.Equal(outputs[1], outputs[0]);
    }

    private static KvLayout With(params KvPlane[] planes) => new(2, 32, 32, TensorType.F16, TensorType.F16, planes);

    private static (DeviceBuffer Buffer, long Offset) Place(KvCache cache, int layer, int row)
    {
        KvPage page = cache.Layer(layer).Pages[row / KvLayout.PageTokens];
        return (page.Buffer, page.OffsetBytes + cache.Layer(layer).Layout.PlaneOffset("marks") + (row % KvLayout.PageTokens));
    }

    private static void Mark(KvCache cache, int row, byte mark)
    {
        foreach (int layer in new[] { 0, 2 })
        {
            (DeviceBuffer buffer, long offset) = Place(cache, layer, row);
            buffer.Write(offset, [mark]);
        }
    }

    private static byte[] Marks(KvCache cache)
    {
        byte[] marks = new byte[cache.Length];
        byte[] others = new byte[cache.Length];
        for (int row = 0; row < marks.Length; row++)
        {
            (DeviceBuffer buffer, long offset) = Place(cache, 0, row);
            buffer.Read(offset, marks.AsSpan(row, 1));
            (buffer, offset) = Place(cache, 2, row);
            buffer.Read(offset, others.AsSpan(row, 1));
        }

        Assert.Equal(marks, others);
        return marks;
    }

    private KvCache Marked(int length)
    {
        KvCache cache = new(_device, Layouts);
        cache.Reserve(length);
        for (int row = 0; row < length; row++)
        {
            Mark(cache, row, (byte)((row * 7) + 1));
        }

        cache.Advance(length);
        return cache;
    }
}
