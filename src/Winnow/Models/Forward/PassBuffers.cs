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

    /// <summary>[rows, queryHeads · headDimension].</summary>
    public Matrix Query { get; } = device.AllocateMatrix(rows, config.QueryHeads * config.HeadDimension);

    /// <summary>The queries before rotation; null where no attention method asks for them.</summary>
    public Matrix? UnrotatedQuery { get; } = unrotated ? device.AllocateMatrix(rows, config.QueryHeads * config.HeadDimension) : null;

    /// <summary>What the heads yield, [rows, queryHeads · headDimension].</summary>
    public Matrix Attended { get; } = device.AllocateMatrix(rows, config.QueryHeads * config.HeadDimension);

    /// <summary>Bytes of all of it.</summary>
    public long SizeBytes => Hidden.Buffer.SizeBytes + Query.Buffer.SizeBytes + (UnrotatedQuery?.Buffer.SizeBytes ?? 0) + Attended.Buffer.SizeBytes;

    /// <summary>Frees the memory.</summary>
    public void Dispose()
    {
        Hidden.Buffer.Dispose();
        Query.Buffer.Dispose();
        UnrotatedQuery?.Buffer.Dispose();
        Attended.Buffer.Dispose();
    }
}
