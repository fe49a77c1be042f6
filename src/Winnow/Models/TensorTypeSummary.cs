using Winnow.Tensors;

namespace Winnow.Models;

/// <summary>The tensors of one type.</summary>
/// <param name="Type">The type.</param>
/// <param name="Tensors">How many there are.</param>
/// <param name="Elements">Elements of all of them.</param>
/// <param name="SizeBytes">Bytes of all of them.</param>
public readonly record struct TensorTypeSummary(TensorType Type, int Tensors, long Elements, long SizeBytes);
