using Winnow.Compute.Cpu;
using Winnow.Generation;
using Winnow.Models;
using Winnow.Tensors;

namespace Winnow.Lab.Devices;

/// <summary>What the processor can do at best: how fast memory is read and how fast the kernels multiply, and what a model can reach there.</summary>
/// <remarks>
/// The two bounds of a roofline model (https://doi.org/10.1145/1498765.1498785). Measuring takes a second or so for each thread and type;
/// nothing else should run meanwhile.
/// </remarks>
public sealed class Roofline
{
    private Roofline(CpuDevice device, IEnumerable<TensorType> types, CancellationToken cancellationToken)
    {
        CpuRoofline limits = CpuRoofline.Measure(device, cancellationToken);
        ReadBytesPerSecond = limits.ReadBytesPerSecond;
        OrderedDictionary<TensorType, double> multiplyAdds = [];
        foreach (TensorType type in types)
        {
            cancellationToken.ThrowIfCancellationRequested();
            multiplyAdds[type] = limits.MultiplyAddsPerSecond(type);
        }

        MultiplyAddsPerSecond = multiplyAdds;
    }

    /// <summary>Bytes per second that 1, 2, … threads read from memory together.</summary>
    public IReadOnlyList<double> ReadBytesPerSecond { get; }

    /// <summary>Multiply-adds per second of all threads, by type of weight.</summary>
    public IReadOnlyDictionary<TensorType, double> MultiplyAddsPerSecond { get; }

    /// <summary>Measures the processor, with all its cores.</summary>
    /// <param name="types">The types of weights to multiply with.</param>
    /// <param name="cancellationToken">Stops between two measurements.</param>
    public static Roofline Measure(IEnumerable<TensorType> types, CancellationToken cancellationToken = default)
    {
        ArgumentNullException.ThrowIfNull(types);
        using CpuDevice device = new();
        return new Roofline(device, types, cancellationToken);
    }

    /// <summary>Measures the processor with the threads, the instruction set and the types of weights of a model that it computes.</summary>
    /// <param name="engine">The model.</param>
    /// <param name="cancellationToken">Stops between two measurements.</param>
    /// <exception cref="WinnowException">Another device computes the model.</exception>
    public static Roofline Measure(Engine engine, CancellationToken cancellationToken = default)
    {
        ArgumentNullException.ThrowIfNull(engine);
        return engine.Device is CpuDevice device
            ? new Roofline(device, engine.Model.LayerProducts.Append(engine.Model.OutputProduct).Select(product => product.Type).Distinct(), cancellationToken)
            : throw new WinnowException($"the limits of the processor say nothing about {engine.Device.Name}");
    }

    /// <summary>Tokens per second that no implementation on these kernels can pass: bytes over bandwidth, or multiply-adds over their peak.</summary>
    /// <remarks>Attention is left out: at depth the true limit is lower.</remarks>
    /// <param name="engine">The model that was measured.</param>
    /// <param name="promptTokens">Tokens of a prompt that are computed together; 0 for decoding, one by one.</param>
    public double TokensPerSecond(Engine engine, int promptTokens)
    {
        ArgumentNullException.ThrowIfNull(engine);
        ArgumentOutOfRangeException.ThrowIfNegative(promptTokens);
        ModelInfo model = engine.Model;
        double bandwidth = ReadBytesPerSecond[^1];
        double output = Math.Max(
            model.OutputProduct.SizeBytes / bandwidth, model.OutputProduct.MultiplyAdds / MultiplyAddsPerSecond[model.OutputProduct.Type]);
        double reading = model.LayerProducts.Sum(product => product.SizeBytes) / bandwidth;
        double multiplying = model.LayerProducts.Sum(product => product.MultiplyAdds / MultiplyAddsPerSecond[product.Type]);
        int tokens = Math.Max(promptTokens, 1);
        return tokens / (output + Math.Max(reading, tokens * multiplying));
    }
}
