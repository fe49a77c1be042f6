using Winnow.Compute;
using Winnow.Models.Config;

namespace Winnow.Models.Forward;

/// <summary>What passes through a model share, for each of the devices that its layers lie on. Serves one pass at a time.</summary>
internal sealed class Workspace : IDisposable
{
    private readonly ForwardState[] _states;

    /// <param name="devices">Where each layer is computed.</param>
    /// <param name="config">The model's sizes.</param>
    /// <param name="chunk">Rows that pass through a layer at once, see <see cref="ForwardState.ChunkFor"/>.</param>
    public Workspace(LayerDevices devices, ModelConfig config, int chunk)
    {
        Devices = devices;
        Chunk = chunk;
        _states = [.. devices.All.Select(device => new ForwardState(device, config, chunk))];
    }

    /// <summary>Where each layer is computed.</summary>
    public LayerDevices Devices { get; }

    /// <summary>Rows that pass through a layer at once.</summary>
    public int Chunk { get; }

    /// <summary>Stream and buffers of a layer.</summary>
    public ForwardState Of(int layer) => _states[Devices.IndexOf(layer)];

    /// <summary>Bytes of the buffers on a device.</summary>
    /// <param name="device">The device's number.</param>
    public long SizeBytesOn(int device) => _states[device].SizeBytes;

    /// <summary>Lets the devices begin what was asked for.</summary>
    public void Submit()
    {
        foreach (ForwardState state in _states)
        {
            state.Stream.Submit();
        }
    }

    /// <summary>Frees the buffers.</summary>
    public void Dispose() => Array.ForEach(_states, state => state.Dispose());
}
