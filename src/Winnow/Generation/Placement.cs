using Winnow.Cache;
using Winnow.Compute;
using Winnow.Compute.Cpu;
using Winnow.Models;

namespace Winnow.Generation;

/// <summary>
/// Decides which device computes which layers. The named devices take the last ones: the output head lies with them, and a token goes
/// from the processor to them once and waits for its logits only. The processor takes the first ones, with the embeddings, of which a
/// token reads one row.
/// </summary>
internal sealed class Placement
{
    /// <summary>What <see cref="GpuLayers.Auto"/> leaves free of each device: for blocks that are not full, and for other programs.</summary>
    private const long LeastMargin = 16 << 20;

    /// <summary>The same as a part of what is free.</summary>
    private const int MarginDivisor = 32;

    /// <summary>Where nobody knows how much is free, everything fits, and devices share alike.</summary>
    private const long Unknown = 1L << 50;

    private readonly ModelMemory _memory;
    private readonly List<Device> _devices;
    private readonly long[] _room;
    private readonly int _context;
    private readonly long[] _keysAndValuesBefore;
    private readonly long _scratch;

    private Placement(ModelMemory memory, List<Device> devices, EngineOptions options)
    {
        _memory = memory;
        _devices = devices;
        bool measures = options.GpuLayers.IsAuto;
        _room = [.. devices.Select(device => device.FreeMemoryBytes is { } free ? free - (measures ? Margin(free) : 0) : Unknown)];
        SessionOptions session = options.ExpectedSession ?? new SessionOptions();
        // Keys and values grow with a conversation: a model is not refused for a context that nobody asked for.
        _context = Math.Min(memory.ContextLength, session.ContextLength ?? (measures ? memory.ContextLength : 0));
        KvTypes types = new(session.KeyType ?? session.KvType, session.ValueType ?? session.KvType);
        _keysAndValuesBefore = new long[memory.Layers + 1];
        for (int layer = 0; layer < memory.Layers && session.KvTier == KvTier.Device; layer++)
        {
            // More than that fits nowhere, and the sum of the most layers stays in range.
            _keysAndValuesBefore[layer + 1] = _keysAndValuesBefore[layer] + Math.Min(memory.KeysAndValues(layer, types, _context), Unknown);
        }

        int chunk = devices.Max(device => device.PreferredChunk);
        _scratch = memory.Scratch(chunk, _context > 0 ? _context : Math.Min(chunk, memory.ContextLength));
    }

    /// <summary>Opens the devices and places the layers.</summary>
    /// <param name="options">What is wanted.</param>
    /// <param name="memory">What the layers need.</param>
    /// <returns>Each device with its layers, in order; dispose the devices.</returns>
    /// <exception cref="WinnowException">There is no such device, or the layers do not fit.</exception>
    public static IReadOnlyList<DeviceLayers> Choose(EngineOptions options, ModelMemory memory)
    {
        CpuDeviceOptions host = new() { Threads = options.Threads, Isa = options.Isa };
        List<Device> devices = options.GpuLayers.Count == 0 ? [] : [.. Devices.CreateAll(options.Device, host)];
        try
        {
            if (devices is [CpuDevice] && options.GpuLayers != GpuLayers.All)
            {
                throw new WinnowException(
                    $"{options.GpuLayers} layers are to lie on a GPU, but the device is {devices[0].Name}: name a GPU (--device vulkan), or leave the number away");
            }

            List<DeviceLayers> parts = devices.Count == 0 ? [] : new Placement(memory, devices, options).Place(options.GpuLayers);
            foreach (Device idle in devices.Where(device => !parts.Exists(part => part.Device == device)))
            {
                idle.Dispose();
            }

            int first = parts.Count == 0 ? memory.Layers : parts[0].First;
            return first == 0
                ? parts
                : [new DeviceLayers(new CpuDevice(host), 0, first) { WeightBytes = memory.Weights(0, first) }, .. parts];
        }
        catch
        {
            devices.ForEach(device => device.Dispose());
            throw;
        }
    }

    private static long Margin(long free) => Math.Max(LeastMargin, free / MarginDivisor);

    private List<DeviceLayers> Place(GpuLayers wanted) =>
        wanted.IsAuto ? PlaceAsManyAsFit() : PlaceAll(Math.Max(0, _memory.Layers - (wanted.Count ?? _memory.Layers)));

    private List<DeviceLayers> PlaceAsManyAsFit()
    {
        for (int first = 0; first < _memory.Layers; first++)
        {
            List<DeviceLayers> parts = Place(first);
            if (parts.TrueForAll(part => Excess(part) <= 0))
            {
                return parts;
            }
        }

        return [];
    }

    private List<DeviceLayers> PlaceAll(int first)
    {
        List<DeviceLayers> parts = Place(first);
        return parts.Find(part => Excess(part) > 0) is { } full ? throw DoesNotFit(full) : parts;
    }

    /// <summary>Gives each device a part of the layers from one on, in proportion to the memory that it has for them.</summary>
    private List<DeviceLayers> Place(int first)
    {
        int[] counts = LayerSplit.Split(first, _memory.Layers, Array.ConvertAll(_room, room => room - _scratch), Layers);
        List<DeviceLayers> parts = [];
        for (int i = 0; i < counts.Length; i++)
        {
            if (counts[i] > 0)
            {
                int end = first + counts[i];
                parts.Add(new DeviceLayers(_devices[i], first, counts[i])
                {
                    WeightBytes = _memory.Weights(first, end),
                    NeededBytes = Layers(first, end) + _scratch,
                    FreeBytes = _devices[i].FreeMemoryBytes,
                });
                first = end;
            }
        }

        return parts;
    }

    /// <summary>Bytes of layers [first, end) with their keys and values.</summary>
    private long Layers(int first, int end) => _memory.Weights(first, end) + _keysAndValuesBefore[end] - _keysAndValuesBefore[first];

    /// <summary>Bytes that a device lacks; none where it is not positive.</summary>
    private long Excess(DeviceLayers part) => part.NeededBytes - _room[_devices.IndexOf(part.Device)];

    private WinnowException DoesNotFit(DeviceLayers part)
    {
        string context = _context > 0 ? $" with keys and values of {_context} tokens" : "";
        return new WinnowException(
            $"{part.Device.Name} lacks {Mebibytes(Excess(part))} MiB: {part.Count} of {_memory.Layers} layers need "
            + $"{Mebibytes(part.NeededBytes)} MiB{context}, {part.FreeBytes >> 20} MiB are free; let the processor compute some of them "
            + "(--gpu-layers auto), or take a smaller context (--ctx) or keys and values of a smaller type (--kv-type q8_0)");
    }

    private static long Mebibytes(long bytes) => (bytes + (1 << 20) - 1) >> 20;
}
