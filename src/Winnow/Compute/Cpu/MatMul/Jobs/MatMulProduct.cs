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

    /// <summary>The activations of decode steps, as <see cref="WeightKernels.Dot"/> wants them.</summary>
    public ActivationRows StepActivations;

    /// <summary>The activations of prompts, as <see cref="WeightKernels.Tile"/> wants them.</summary>
    public ActivationRows PromptActivations;

    /// <summary>Whether the tokens of prompts go through rows, because they are few, rather than through tiles.</summary>
    public bool PromptsByRow;

    /// <summary>Weight rows of a task.</summary>
    public int TaskRows;

    /// <summary>Tasks of this product and all before it.</summary>
    public int TaskEnd;
}
