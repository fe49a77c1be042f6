using Winnow.Quantization.Layouts;

namespace Winnow.Compute.Cpu.MatMul.Kernels;

/// <summary>The kernels of one instruction set for each family of layouts: a visit picks those of a type.</summary>
internal interface IKernelSet : ILayoutVisitor
{
    /// <summary>The kernels of the layout that was visited.</summary>
    WeightKernels Kernels { get; }
}
