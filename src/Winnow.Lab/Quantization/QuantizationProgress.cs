namespace Winnow.Lab.Quantization;

/// <summary>How far a model file is written.</summary>
/// <param name="Tensor">The tensor being written.</param>
/// <param name="TensorIndex">Its number, from 1.</param>
/// <param name="TensorCount">How many there are.</param>
/// <param name="ElementsDone">Weights written so far, of all tensors.</param>
/// <param name="ElementsTotal">All weights.</param>
public readonly record struct QuantizationProgress(string Tensor, int TensorIndex, int TensorCount, long ElementsDone, long ElementsTotal);
