using Winnow.Compute;
using Winnow.Vulkan.Native;

namespace Winnow.Vulkan.Attention;

/// <summary>The page tables of a stream. Those of caches that are gone are freed when others have taken their place.</summary>
internal sealed class PageTables(VulkanContext context) : IDisposable
{
    // A stream serves a few sessions of up to some hundred layers; a table of a long context takes 16 KiB.
    private const int Most = 4096;

    private readonly Dictionary<KvGroup, PageTable> _tables = [];
    private long _uses;

    /// <summary>The table of a group, up to date. Call inside an operation.</summary>
    public PageTable Of(KvGroup group)
    {
        if (!_tables.TryGetValue(group, out PageTable? table))
        {
            if (_tables.Count >= Most)
            {
                FreeOlderHalf();
            }

            table = new PageTable(context);
            _tables.Add(group, table);
        }

        table.LastUse = ++_uses;
        table.Update(group);
        return table;
    }

    public void Dispose()
    {
        foreach (PageTable table in _tables.Values)
        {
            table.Dispose();
        }

        _tables.Clear();
    }

    private void FreeOlderHalf()
    {
        long[] uses = [.. _tables.Values.Select(table => table.LastUse).Order()];
        long middle = uses[uses.Length / 2];
        foreach ((KvGroup group, PageTable table) in _tables)
        {
            if (table.LastUse < middle)
            {
                table.Dispose();
                _tables.Remove(group);
            }
        }
    }
}
