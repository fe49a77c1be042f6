using Winnow.Compute.Cpu;
using Winnow.Tensors;
using Winnow.Tests.InstructionSets;

namespace Winnow.Tests.Compute.Cpu;

/// <summary>The kernels that a process chooses by itself, also where the runtime denies it the wider instructions.</summary>
[EveryInstructionSet]
public class MatMulWithoutInstructionSetsTests
{
    [Fact]
    public void The_widest_kernels_of_this_process_multiply_correctly()
    {
        using CpuDevice device = new(new CpuDeviceOptions { Threads = 2 });
        foreach (TensorType type in MatMulOracle.Types)
        {
            MatMulHarness.Check(device, type, 19, 10 * Math.Max(type.BlockLength(), 16), 1, seed: 1);
            MatMulHarness.Check(device, type, 19, 10 * Math.Max(type.BlockLength(), 16), 6, seed: 2);
        }
    }
}
