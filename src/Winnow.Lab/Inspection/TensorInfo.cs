using Winnow.Tensors;

namespace Winnow.Lab.Inspection;

/// <summary>A tensor of a file.</summary>
/// <param name="Name">Its name in the file.</param>
/// <param name="Type">How its elements are stored.</param>
/// <param name="Shape">Extents, slowest first: a weight matrix is [outputs, inputs], whatever the file's own order.</param>
/// <param name="ElementCount">The product of the extents.</param>
/// <param name="SizeBytes">The bytes that it takes.</param>
public sealed record TensorInfo(string Name, TensorType Type, IReadOnlyList<long> Shape, long ElementCount, long SizeBytes);
