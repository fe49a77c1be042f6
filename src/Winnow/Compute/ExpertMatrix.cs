using Winnow.Tensors;

namespace Winnow.Compute;

/// <summary>The same weight of all experts of a layer on a device, all of one shape and type: shared by all sessions, never changed.</summary>
/// <param name="name">The tensor's name, for errors and profiles.</param>
/// <param name="type">How elements are stored.</param>
/// <param name="count">How many experts there are.</param>
/// <param name="outputs">Rows of each.</param>
/// <param name="inputs">Columns of each.</param>
internal abstract class ExpertMatrix(string name, TensorType type, int count, int outputs, int inputs) : IDisposable
{
    /// <summary>The tensor's name, for errors and profiles.</summary>
    public string Name { get; } = name;

    /// <summary>How elements are stored.</summary>
    public TensorType Type { get; } = type;

    /// <summary>How many experts there are.</summary>
    public int Count { get; } = count;

    /// <summary>Rows of each.</summary>
    public int Outputs { get; } = outputs;

    /// <summary>Columns of each.</summary>
    public int Inputs { get; } = inputs;

    /// <summary>Whether the device goes on reading the bytes that it was loaded from; otherwise it has a copy.</summary>
    public bool IsInPlace { get; init; } = true;

    /// <summary>Frees what the device holds.</summary>
    public void Dispose()
    {
        Dispose(disposing: true);
        GC.SuppressFinalize(this);
    }

    /// <summary>Frees what the device holds.</summary>
    protected abstract void Dispose(bool disposing);
}
