using System.Buffers.Binary;
using Winnow.Cache;
using Winnow.Compute;
using Winnow.Compute.Cpu;
using Winnow.Tensors;

namespace Winnow.Tests.Cache;

public sealed class KvCacheTests : IDisposable
{
    private static readonly KvLayout[] Layouts = [new(2, 32, TensorType.F32), new(1, 64, TensorType.F16), new(2, 32, TensorType.Q8_0), new(2, 32, 64, TensorType.BF16, TensorType.Q4_0)];

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
                    int shared = random.Next(2) == 0 ? rows.Count : random.Next(rows.Count + 1);
                    caches.Add((cache.Fork(shared), rows[..shared]));
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
    public void A_fork_of_the_first_rows_takes_memory_only_for_what_it_writes()
    {
        using KvCache cache = new(_device, Layouts);
        cache.Reserve(640);
        for (int row = 0; row < 640; row++)
        {
            Mark(cache, row, row + 1);
        }

        cache.Advance(640);
        List<KvCache> forks = [.. new[] { 0, 1, 63, 64, 65, 300, 639, 640 }.Select(cache.Fork)];
        Assert.Equal(10, CountPages([cache, .. forks]));
        for (int i = 0; i < forks.Count; i++)
        {
            int length = forks[i].Length;
            Assert.Equal(Enumerable.Range(1, length), Enumerable.Range(0, length).Select(row => Marker(forks[i], row)));
            forks[i].Reserve(1);
            Mark(forks[i], length, -5);
            forks[i].Advance(1);
            Assert.Equal(10 + i + 1, CountPages([cache, .. forks]));
        }

        // What the forks wrote is theirs: neither this cache nor a fork of a fork saw it.
        Assert.Equal(Enumerable.Range(1, 640), Enumerable.Range(0, 640).Select(row => Marker(cache, row)));
        using KvCache again = forks[5].Fork(299);
        Assert.Equal(299, again.Length);
        Assert.Equal(Enumerable.Range(1, 299), Enumerable.Range(0, 299).Select(row => Marker(again, row)));
        Assert.Throws<ArgumentOutOfRangeException>(() => cache.Fork(641));
        forks.ForEach(fork => fork.Dispose());
    }

    [Fact]
    public void A_cache_that_is_cut_copies_a_page_before_it_writes_to_what_a_fork_reads()
    {
        using KvCache cache = new(_device, Layouts);
        cache.Reserve(100);
        Mark(cache, 50, 7);
        cache.Advance(100);
        using KvCache fork = cache.Fork(80);
        cache.Truncate(50);
        cache.Reserve(1);
        Mark(cache, 50, 8);
        cache.Advance(1);
        Assert.Equal(7, Marker(fork, 50));
        Assert.Equal(8, Marker(cache, 50));
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

    private static int CountPages(IEnumerable<KvCache> caches) => caches.SelectMany(cache => cache.Layer(1).Pages.ToArray()).Distinct().Count();

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
