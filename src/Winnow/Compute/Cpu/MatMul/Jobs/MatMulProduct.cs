using Winnow.Compute.Cpu.MatMul.Kernels;
using Winnow.Tensors;

namespace Winnow.Compute.Cpu.MatMul.Jobs;

/// <summary>One weight's share of a <see cref="MatMulJob"/>.</summary>
internal unsafe struct MatMulProduct
{
    public WeightKernels Kernels;
    public TensorType Type;

    /// <summary>The weight, [outputs, inputs].</summary>
    public byte* Weight;

    public long RowBytes;
    public int Inputs;
    public int Outputs;

    /// <summary>[tokens, outputs].</summary>
    public float* Output;

    /// <summary>Elements from one token's outputs to the next.</summary>
    public long OutputStride;

    /// <summary>Whether panels are used.</summary>
    public bool Tiled;

    /// <summary>Activations in the format of the kernels, [record][token]; or f32 rows.</summary>
    public byte* Activations;

    /// <summary>Bytes from a token to the next in <see cref="Activations"/>.</summary>
    public long TokenStride;

    /// <summary>Bytes from a token's record to its next.</summary>
    public long RecordStride;

    /// <summary>Weight rows of a task.</summary>
    public int TaskRows;

    /// <summary>Tasks of this product and all before it.</summary>
    public int TaskEnd;
}
