using Silk.NET.Vulkan;
using Winnow.Vulkan.Native;

namespace Winnow.Vulkan.Commands;

/// <summary>Times that the device writes between commands, a few for each submission that may be under way.</summary>
internal sealed unsafe class Timestamps : IDisposable
{
    private readonly VulkanContext _context;
    private readonly QueryPool _pool;
    private readonly int _perSlot;
    private readonly ulong[] _values;

    /// <param name="context">The device.</param>
    /// <param name="family">The queue's family; it must know timestamps, see <see cref="AreKnown"/>.</param>
    /// <param name="slots">Submissions that may be under way.</param>
    /// <param name="perSlot">Times of each.</param>
    public Timestamps(VulkanContext context, uint family, int slots, int perSlot)
    {
        _context = context;
        _perSlot = perSlot;
        _values = new ulong[perSlot];
        Mask = ulong.MaxValue >> (64 - (int)ValidBits(context.Adapter, family));
        QueryPoolCreateInfo create = new() { SType = StructureType.QueryPoolCreateInfo, QueryType = QueryType.Timestamp, QueryCount = (uint)(slots * perSlot) };
        QueryPool pool;
        context.Vk.CreateQueryPool(context.Device, &create, null, &pool).Require("prepare commands", context.Name);
        _pool = pool;
    }

    private ulong Mask { get; }

    /// <summary>Whether a queue writes times.</summary>
    public static bool AreKnown(VulkanAdapter adapter, uint family) => ValidBits(adapter, family) > 0;

    /// <summary>Forgets the times of a slot; the first command of its submission.</summary>
    public void Reset(CommandBuffer commands, int slot) => _context.Vk.CmdResetQueryPool(commands, _pool, (uint)(slot * _perSlot), (uint)_perSlot);

    /// <summary>Has a time written once all commands so far are done.</summary>
    public void Write(CommandBuffer commands, int slot, int index) =>
        _context.Vk.CmdWriteTimestamp(commands, PipelineStageFlags.BottomOfPipeBit, _pool, (uint)((slot * _perSlot) + index));

    /// <summary>Seconds between neighbouring times of a slot whose submission is done.</summary>
    /// <param name="slot">The slot.</param>
    /// <param name="count">How many times were written.</param>
    /// <param name="seconds">Receives count - 1 durations.</param>
    /// <returns>Whether there are any: a device that is lost has none.</returns>
    public bool TryRead(int slot, int count, Span<double> seconds)
    {
        fixed (ulong* values = _values)
        {
            Result result = _context.Vk.GetQueryPoolResults(
                _context.Device, _pool, (uint)(slot * _perSlot), (uint)count, (nuint)(count * sizeof(ulong)), values, sizeof(ulong),
                QueryResultFlags.Result64Bit);
            if (result != Result.Success)
            {
                return false;
            }
        }

        double period = _context.Adapter.Limits.TimestampPeriod * 1e-9;
        for (int i = 0; i + 1 < count; i++)
        {
            seconds[i] = ((_values[i + 1] - _values[i]) & Mask) * period;
        }

        return true;
    }

    public void Dispose() => _context.Vk.DestroyQueryPool(_context.Device, _pool, null);

    private static uint ValidBits(VulkanAdapter adapter, uint family)
    {
        uint count = 0;
        adapter.Instance.Vk.GetPhysicalDeviceQueueFamilyProperties(adapter.Handle, &count, null);
        QueueFamilyProperties* families = stackalloc QueueFamilyProperties[(int)count];
        adapter.Instance.Vk.GetPhysicalDeviceQueueFamilyProperties(adapter.Handle, &count, families);
        return families[family].TimestampValidBits;
    }
}
