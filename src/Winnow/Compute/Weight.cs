using Winnow.Tensors;

namespace Winnow.Compute;

/// <summary>A weight matrix on a device, in its stored type: shared by all sessions, never changed.</summary>
internal abstract class Weight : IDisposable
{
    /// <summary>Describes a weight of shape [outputs, inputs].</summary>
    protected Weight(string name, TensorType type, int outputs, int inputs)
    {
        Name = name;
        Type = type;
        Outputs = outputs;
        Inputs = inputs;
    }

    /// <summary>The tensor's name, for errors and profiles.</summary>
    public string Name { get; }

    /// <summary>How its elements are stored.</summary>
    public TensorType Type { get; }

    /// <summary>Rows: the width of what a product with it yields (or the vocabulary, for an embedding table).</summary>
    public int Outputs { get; }

    /// <summary>Columns: the width of what it is multiplied with.</summary>
    public int Inputs { get; }

    /// <summary>Whether the device goes on reading the bytes that it was loaded from; otherwise it has a copy.</summary>
    public bool IsInPlace { get; init; } = true;

    /// <summary>Frees what the device holds for this weight.</summary>
    public void Dispose()
    {
        Dispose(disposing: true);
        GC.SuppressFinalize(this);
    }

    /// <summary>Frees what the device holds for this weight.</summary>
    protected abstract void Dispose(bool disposing);
}
