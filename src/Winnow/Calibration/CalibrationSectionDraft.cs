using System.Runtime.InteropServices;
using System.Text.Json.Nodes;
using Winnow.Formats;
using Winnow.Quantization;
using Winnow.Tensors;

namespace Winnow.Calibration;

/// <summary>A section that is being made: tensors in memory and settings.</summary>
internal sealed class CalibrationSectionDraft
{
    private readonly Dictionary<string, (TensorType Type, long[] Shape, byte[] Bytes)> _tensors = new(StringComparer.Ordinal);

    /// <summary>What is written down beside the tensors.</summary>
    public JsonObject Settings { get; init; } = [];

    internal IReadOnlyDictionary<string, (TensorType Type, long[] Shape, byte[] Bytes)> Tensors => _tensors;

    /// <summary>A copy of a section that a file holds.</summary>
    public static CalibrationSectionDraft Copy(CalibrationSection section)
    {
        CalibrationSectionDraft draft = new() { Settings = section.Settings.DeepClone().AsObject() };
        foreach ((string name, TensorEntry tensor) in section.Tensors)
        {
            draft._tensors[name] = (tensor.Type, [.. tensor.Shape], tensor.Bytes(0, checked((int)tensor.SizeBytes)).ToArray());
        }

        return draft;
    }

    /// <summary>Sets a tensor of f32 values.</summary>
    /// <param name="name">Its name.</param>
    /// <param name="values">Row-major.</param>
    /// <param name="shape">Extents, slowest first.</param>
    public void Set(string name, ReadOnlySpan<float> values, params ReadOnlySpan<long> shape) =>
        SetBytes(name, TensorType.F32, MemoryMarshal.AsBytes(values), shape);

    /// <summary>Sets a tensor of f16 values.</summary>
    /// <param name="name">Its name.</param>
    /// <param name="values">Row-major.</param>
    /// <param name="shape">Extents, slowest first.</param>
    public void Set(string name, ReadOnlySpan<Half> values, params ReadOnlySpan<long> shape) =>
        SetBytes(name, TensorType.F16, MemoryMarshal.AsBytes(values), shape);

    /// <summary>Whether the draft holds a tensor.</summary>
    public bool Has(string name) => _tensors.ContainsKey(name);

    /// <summary>Reads a tensor of f32 or f16 values that the draft holds.</summary>
    /// <param name="name">Its name.</param>
    /// <param name="target">As many elements as it has.</param>
    /// <exception cref="WinnowException">The draft holds no such tensor.</exception>
    public void Read(string name, Span<float> target)
    {
        if (!_tensors.TryGetValue(name, out (TensorType Type, long[] Shape, byte[] Bytes) tensor)
            || !BlockCodec.CanDecode(tensor.Type) || tensor.Type.SizeBytes(target.Length) != tensor.Bytes.Length)
        {
            throw new WinnowException($"what the calibration file holds of '{name}' is damaged: delete the file, or calibrate into another");
        }

        BlockCodec.Decode(tensor.Type, tensor.Bytes, target);
    }

    private void SetBytes(string name, TensorType type, ReadOnlySpan<byte> bytes, ReadOnlySpan<long> shape)
    {
        long count = 1;
        foreach (long extent in shape)
        {
            count = checked(count * extent);
        }

        ArgumentOutOfRangeException.ThrowIfNotEqual(bytes.Length, type.SizeBytes(count), nameof(bytes));
        _tensors[name] = (type, shape.ToArray(), bytes.ToArray());
    }
}
