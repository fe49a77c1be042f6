using Winnow.Compute;
using Winnow.Models.Config;

namespace Winnow.Models.Forward;

/// <summary>What all rows of a pass need at once on one device.</summary>
/// <param name="device">Where.</param>
/// <param name="config">The model's sizes.</param>
/// <param name="rows">Rows of the pass.</param>
/// <param name="unrotated">Whether an attention method wants queries before rotation.</param>
internal sealed class PassBuffers(Device device, ModelConfig config, int rows, bool unrotated) : IDisposable
{
    /// <summary>The residual stream, [rows, hidden].</summary>
    public Matrix Hidden { get; } = device.AllocateMatrix(rows, config.HiddenSize);

    /// <summary>[rows, queryHeads · headDimension] of the widest layer.</summary>
    public Matrix Query { get; } = device.AllocateMatrix(rows, Math.Max(config.QueryHeads * config.Widest(config.KeyDimensionOf), 1));

    /// <summary>Queries and what gates their results, side by side, [rows, queryHeads · 2 · headDimension]; null where nothing does.</summary>
    public Matrix? QueryGate { get; } = config.QueryGateWidth > 0 ? device.AllocateMatrix(rows, config.QueryGateWidth) : null;

    /// <summary>What blocks with a state yield, [rows, their widest]; null where there are none.</summary>
    public Matrix? Recurrent { get; } = config.RecurrentWidth > 0 ? device.AllocateMatrix(rows, config.RecurrentWidth) : null;

    /// <summary>The queries before rotation; null where no attention method asks for them.</summary>
    public Matrix? UnrotatedQuery { get; } = unrotated ? device.AllocateMatrix(rows, config.QueryHeads * config.Widest(config.KeyDimensionOf)) : null;

    /// <summary>What the heads yield, [rows, queryHeads · valueDimension].</summary>
    public Matrix Attended { get; } = device.AllocateMatrix(rows, Math.Max(config.QueryHeads * config.Widest(config.ValueDimensionOf), 1));

    /// <summary>The vectors that the tokens have for each layer, [rows, layers · width]; null where they have none.</summary>
    public Matrix? PerLayer { get; } = config.PerLayerSize > 0 ? device.AllocateMatrix(rows, config.Layers.Count * config.PerLayerSize) : null;

    /// <summary>Bytes of all of it.</summary>
    public long SizeBytes => Hidden.Buffer.SizeBytes + Query.Buffer.SizeBytes + Attended.Buffer.SizeBytes
        + ((Matrix?[])[UnrotatedQuery, QueryGate, Recurrent, PerLayer]).Sum(matrix => matrix?.Buffer.SizeBytes ?? 0);

    /// <summary>Frees the memory.</summary>
    public void Dispose()
    {
        Hidden.Buffer.Dispose();
        Query.Buffer.Dispose();
        UnrotatedQuery?.Buffer.Dispose();
        QueryGate?.Buffer.Dispose();
        Recurrent?.Buffer.Dispose();
        Attended.Buffer.Dispose();
        PerLayer?.Buffer.Dispose();
    }
}
