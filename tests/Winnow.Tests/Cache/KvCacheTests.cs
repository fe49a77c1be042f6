using System.Buffers.Binary;
using Winnow.Cache;
using Winnow.Compute;
using Winnow.Compute.Cpu;
using Winnow.Tensors;

namespace Winnow.Tests.Cache;

public sealed class KvCacheTests : IDisposable
{
    private static readonly KvLayout[] Layouts = [new(2, 32, TensorType.F32), new(1, 64, TensorType.F16), new(2, 32, TensorType.Q8_0)];

    private readonly CpuDevice _device = new(new CpuDeviceOptions { Threads = 2 });

    public void Dispose() => _device.Dispose();

    [Theory]
    [InlineData(1)]
    [InlineData(2)]
    [InlineData(3)]
    public void Any_sequence_of_appends_truncations_and_forks_keeps_the_rows_of_each_cache_apart(int seed)
    {
        Random random = new(seed);
        List<(KvCache Cache, List<int> Rows)> caches = [(new KvCache(_device, Layouts), [])];
        int marker = 0;
        for (int step = 0; step < 400; step++)
        {
            int which = random.Next(caches.Count);
            (KvCache cache, List<int> rows) = caches[which];
            switch (random.Next(10))
            {
                case < 5:
                    int tokens = random.Next(random.Next(2) == 0 ? 3 : 150);
                    cache.Reserve(tokens + random.Next(3));
                    for (int i = 0; i < tokens; i++)
                    {
                        Mark(cache, rows.Count, ++marker);
                        rows.Add(marker);
                    }

                    cache.Advance(tokens);
                    break;
                case < 7:
                    int length = random.Next(rows.Count + 1);
                    cache.Truncate(length);
                    rows.RemoveRange(length, rows.Count - length);
                    break;
                case < 9 when caches.Count < 6:
                    caches.Add((cache.Fork(), [.. rows]));
                    break;
                case 9 when caches.Count > 1:
                    cache.Dispose();
                    caches.RemoveAt(which);
                    break;
            }

            foreach ((KvCache each, List<int> expected) in caches)
            {
                Assert.Equal(expected.Count, each.Length);
                Assert.True(each.Capacity >= each.Length);
                Assert.Equal(expected, Enumerable.Range(0, each.Length).Select(row => Marker(each, row)));
            }
        }

        caches.ForEach(entry => entry.Cache.Dispose());
    }

    [Fact]
    public void Sizes_and_offsets_of_a_page_are_long()
    {
        KvLayout layout = new(2049, 4096, TensorType.F32);
        Assert.Equal((1L << 32) + (1 << 21), layout.PageBytes);
        Assert.Equal(layout.PageBytes - layout.TokenBytes, layout.RowOffset(2048, KvLayout.PageTokens - 1));
    }

    [Fact]
    public void Forks_share_full_pages_and_copy_only_the_last_one()
    {
        using KvCache cache = new(_device, Layouts);
        cache.Reserve(100);
        cache.Advance(100);
        using KvCache fork = cache.Fork();
        Assert.Equal(cache.Layer(0).Pages[0], fork.Layer(0).Pages[0]);
        Assert.Equal(cache.Layer(2).Pages[1], fork.Layer(2).Pages[1]);

        fork.Reserve(1);
        Assert.Equal(cache.Layer(0).Pages[0], fork.Layer(0).Pages[0]);
        Assert.NotEqual(cache.Layer(2).Pages[1], fork.Layer(2).Pages[1]);
    }

    [Fact]
    public void Truncation_returns_pages_that_the_next_rows_use_again()
    {
        using KvCache cache = new(_device, Layouts);
        cache.Reserve(640);
        cache.Advance(640);
        long full = cache.SizeBytes;
        HashSet<KvPage> pages = [.. cache.Layer(1).Pages];
        cache.Truncate(1);
        Assert.Equal(full / 10, cache.SizeBytes);
        cache.Reserve(639);
        Assert.Equal(full, cache.SizeBytes);
        Assert.All(cache.Layer(1).Pages.ToArray(), page => Assert.Contains(page, pages));
    }

    [Fact]
    public void Forks_grow_on_several_threads_at_once()
    {
        using KvCache parent = new(_device, Layouts);
        parent.Reserve(100);
        for (int row = 0; row < 100; row++)
        {
            Mark(parent, row, row);
        }

        parent.Advance(100);
        KvCache[] forks = [.. Enumerable.Range(0, 4).Select(_ => parent.Fork())];
        Parallel.For(0, forks.Length, i =>
        {
            for (int round = 0; round < 50; round++)
            {
                using KvCache fork = forks[i].Fork();
                fork.Reserve(200);
                for (int row = 100; row < 300; row++)
                {
                    Mark(fork, row, (1000 * i) + row);
                }

                fork.Advance(200);
                for (int row = 0; row < 300; row++)
                {
                    Assert.Equal(row < 100 ? row : (1000 * i) + row, Marker(fork, row));
                }
            }
        });
        Array.ForEach(forks, fork => fork.Dispose());
    }

    [Fact]
    public void Lengths_outside_the_cache_are_refused()
    {
        using KvCache cache = new(_device, Layouts);
        cache.Reserve(3);
        cache.Advance(3);
        Assert.Throws<ArgumentOutOfRangeException>(() => cache.Truncate(4));
        Assert.Throws<ArgumentOutOfRangeException>(() => cache.Truncate(-1));
        Assert.Throws<ArgumentOutOfRangeException>(() => cache.Advance(62));
        Assert.Throws<ArgumentOutOfRangeException>(() => cache.Reserve(int.MaxValue));
        cache.Dispose();
        Assert.Throws<ObjectDisposedException>(() => cache.Reserve(1));
        Assert.Throws<ObjectDisposedException>(() => cache.Fork());
    }

    /// <summary>Writes a number into the key and value rows of every layer and head.</summary>
    private static void Mark(KvCache cache, int row, int marker)
    {
        Span<byte> bytes = stackalloc byte[4];
        BinaryPrimitives.WriteInt32LittleEndian(bytes, marker);
        foreach ((KvPage page, long offset) in Places(cache, row))
        {
            page.Buffer.Write(page.OffsetBytes + offset, bytes);
        }
    }

    private static int Marker(KvCache cache, int row)
    {
        Span<byte> bytes = stackalloc byte[4];
        int? marker = null;
        foreach ((KvPage page, long offset) in Places(cache, row))
        {
            page.Buffer.Read(page.OffsetBytes + offset, bytes);
            int found = BinaryPrimitives.ReadInt32LittleEndian(bytes);
            Assert.Equal(marker ?? found, found);
            marker = found;
        }

        return marker!.Value;
    }

    private static IEnumerable<(KvPage Page, long Offset)> Places(KvCache cache, int row)
    {
        for (int i = 0; i < cache.LayerCount; i++)
        {
            KvLayer layer = cache.Layer(i);
            KvPage page = layer.Pages[row / KvLayout.PageTokens];
            for (int head = 0; head < layer.Layout.KvHeads; head++)
            {
                long key = layer.Layout.RowOffset(head, row % KvLayout.PageTokens);
                yield return (page, key);
                yield return (page, key + layer.Layout.TokenBytes - 4);
            }
        }
    }
}
