namespace Winnow.Compute;

/// <summary>Which device computes which layer of a model: weights, keys and values of a layer lie there.</summary>
/// <remarks>Neighbouring layers had better be together: at a border the residual stream goes through host memory.</remarks>
internal sealed class LayerDevices
{
    private readonly IReadOnlyList<int> _deviceOfLayer;

    /// <param name="devices">The devices.</param>
    /// <param name="deviceOfLayer">The number of each layer's device; empty where there is only one.</param>
    public LayerDevices(IReadOnlyList<Device> devices, IReadOnlyList<int> deviceOfLayer)
    {
        ArgumentOutOfRangeException.ThrowIfZero(devices.Count, nameof(devices));
        All = devices;
        _deviceOfLayer = deviceOfLayer;
    }

    /// <summary>The devices.</summary>
    public IReadOnlyList<Device> All { get; }

    /// <summary>The device of the embeddings and the first layer.</summary>
    public Device First => All[IndexOf(0)];

    /// <summary>The device of the last layer, which has the output head too.</summary>
    public Device Last => _deviceOfLayer.Count == 0 ? All[0] : All[_deviceOfLayer[^1]];

    /// <summary>Tokens of a prompt that are computed at once: as many as any of the devices wants, for the one that wants fewer loses less.</summary>
    public int PreferredChunk => All.Max(device => device.PreferredChunk);

    /// <summary>Neighbouring layers on each device, in order.</summary>
    public static LayerDevices Of(IReadOnlyList<DeviceLayers> parts) => new(
        [.. parts.Select(part => part.Device)], [.. parts.SelectMany((part, i) => Enumerable.Repeat(i, part.Count))]);

    /// <summary>All layers on one device.</summary>
    public static implicit operator LayerDevices(Device device) => new([device], []);

    /// <summary>The number of a layer's device.</summary>
    public int IndexOf(int layer) => _deviceOfLayer.Count == 0 ? 0 : _deviceOfLayer[layer];

    /// <summary>The device of a layer.</summary>
    public Device Of(int layer) => All[IndexOf(layer)];
}
