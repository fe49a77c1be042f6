namespace Winnow.Compute.Cpu;

/// <summary>Sees a row that a weight is about to be multiplied with.</summary>
/// <param name="weight">The weight's name; in brackets behind the tensor's name stands the number of an expert, or a part of a fused tensor.</param>
/// <param name="row">[inputs].</param>
internal delegate void ProductObserver(string weight, ReadOnlySpan<float> row);
