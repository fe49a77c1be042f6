using Silk.NET.Vulkan;
using Winnow.Vulkan.Native;

namespace Winnow.Vulkan.Commands;

/// <summary>Takes the time of submissions, for their limit, and with <c>WINNOW_VULKAN_PROFILE=1</c> of each command.</summary>
internal sealed class CommandClock : IDisposable
{
    private readonly Timestamps _times;
    private readonly WorkLimit _limit;
    private readonly CommandProfile? _profile;
    private readonly Slot[] _slots;
    private readonly int _perSlot;
    private readonly double[] _seconds;
    private int _slot;

    /// <param name="context">The device.</param>
    /// <param name="family">The queue's family.</param>
    /// <param name="slots">Submissions that may be under way.</param>
    /// <param name="commands">About how many commands one has; those above it are not told apart.</param>
    /// <param name="limit">Learns.</param>
    public CommandClock(VulkanContext context, uint family, int slots, int commands, WorkLimit limit)
    {
        _limit = limit;
        _profile = VulkanSettings.TakesProfile ? new CommandProfile() : null;
        _perSlot = _profile is null ? 2 : (2 * commands) + 2;
        _times = new Timestamps(context, family, slots, _perSlot);
        _seconds = new double[_perSlot];
        _slots = new Slot[slots];
        for (int i = 0; i < slots; i++)
        {
            _slots[i] = new Slot();
        }
    }

    /// <summary>Begins a submission in a slot whose former one is done.</summary>
    public void Begin(CommandBuffer commands, int slot)
    {
        Take(_slots[slot], slot);
        _slot = slot;
        _times.Reset(commands, slot);
        _times.Write(commands, slot, 0);
        _slots[slot].Count = 1;
    }

    /// <summary>A command was recorded.</summary>
    public void Note(CommandBuffer commands, string name)
    {
        Slot slot = _slots[_slot];
        if (_profile is not null && slot.Count < _perSlot - 1)
        {
            _times.Write(commands, _slot, slot.Count++);
            slot.Names.Add(name);
        }
    }

    /// <summary>Ends the submission.</summary>
    public void End(CommandBuffer commands, double multiplications)
    {
        Slot slot = _slots[_slot];
        _times.Write(commands, _slot, slot.Count++);
        slot.Names.Add("other");
        slot.Work = multiplications;
        slot.IsEnded = true;
    }

    /// <summary>Frees everything; no command may be under way. Tells the profile on the error stream.</summary>
    public void Dispose()
    {
        for (int i = 0; i < _slots.Length; i++)
        {
            Take(_slots[i], i);
        }

        _times.Dispose();
        if (_profile is not null)
        {
            Console.Error.Write(_profile);
        }
    }

    private void Take(Slot slot, int index)
    {
        if (slot.IsEnded && _times.TryRead(index, slot.Count, _seconds))
        {
            double total = 0;
            for (int i = 0; i < slot.Names.Count; i++)
            {
                total += _seconds[i];
                _profile?.Add(slot.Names[i], _seconds[i]);
            }

            _limit.Learn(slot.Work, total);
        }

        slot.Names.Clear();
        slot.IsEnded = false;
    }

    private sealed class Slot
    {
        public List<string> Names { get; } = [];

        public int Count { get; set; }

        public bool IsEnded { get; set; }

        public double Work { get; set; }
    }
}
