using Winnow.Formats;
using Winnow.Tensors;

namespace Winnow.Models.Weights;

/// <summary>Decodes the small tensors that are used as f32 on every device: norms, biases, rotary factors.</summary>
internal static class FloatTensor
{
    /// <exception cref="ModelFormatException">The tensor is not of a floating-point type.</exception>
    public static float[] Decode(string path, TensorEntry tensor) =>
        tensor.Type is TensorType.F32 or TensorType.F16 or TensorType.BF16
            ? tensor.ToSingles()
            : throw new ModelFormatException(
                path, $"tensor '{tensor.Name}' has elements of {tensor.Type}, but must have F32, F16 or BF16");
}
