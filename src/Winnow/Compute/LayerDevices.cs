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

    /// <summary>The number of the last layer's device, which has the output head too.</summary>
    public int LastIndex => _deviceOfLayer.Count == 0 ? 0 : _deviceOfLayer[^1];

    /// <summary>All layers on one device.</summary>
    public static implicit operator LayerDevices(Device device) => new([device], []);

    /// <summary>The number of a layer's device.</summary>
    public int IndexOf(int layer) => _deviceOfLayer.Count == 0 ? 0 : _deviceOfLayer[layer];

    /// <summary>The device of a layer.</summary>
    public Device Of(int layer) => All[IndexOf(layer)];
}
