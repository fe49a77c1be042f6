using Winnow.Compute.Cpu;
using Winnow.Tensors;

namespace Winnow.Tests.Compute.Cpu;

/// <summary>
/// A row's bits follow from what it is, a decode step or a part of a prompt, and from nothing that is multiplied beside it.
/// </summary>
public class MatMulCompanyTests
{
    private const int MostRows = 64;

    public static TheoryData<CpuIsa, TensorType> Kernels => MatMulTests.Kernels();

    [Theory]
    [MemberData(nameof(Kernels))]
    public void Steps_have_the_bits_of_a_single_step_in_any_company(CpuIsa isa, TensorType type) => Check(isa, type, (company, step, _) =>
    {
        for (int rows = 1; rows <= MostRows; rows++)
        {
            Assert.Equal(step[..rows], company(0, rows, rows));
        }

        Assert.Equal(step[50..57], company(50, 7, 7));
    });

    [Theory]
    [MemberData(nameof(Kernels))]
    public void Rows_of_prompts_have_the_bits_of_a_single_row(CpuIsa isa, TensorType type) => Check(isa, type, (company, _, single) =>
    {
        // Few go through rows, many through tiles.
        foreach (int rows in new[] { 2, 3, 4, 5, 6, 7, 8, 9, 33, MostRows })
        {
            Assert.Equal(single[..rows], company(0, rows, 0));
        }

        Assert.Equal(single[50..57], company(50, 7, 0));
    });

    [Theory]
    [MemberData(nameof(Kernels))]
    public void Mixed_passes_have_the_bits_of_separate_ones(CpuIsa isa, TensorType type) => Check(isa, type, (company, step, prompt) =>
    {
        foreach ((int rows, int steps) in new[] { (2, 1), (3, 2), (7, 1), (8, 7), (33, 16), (40, 37), (MostRows, 5) })
        {
            Assert.Equal([.. step[..steps], .. prompt[steps..rows]], company(0, rows, steps));
        }
    });

    /// <summary>
    /// Products of neighbouring rows: the first, how many, how many of them steps; and each alone as a step and as a prompt.
    /// </summary>
    private static void Check(CpuIsa isa, TensorType type, Action<Func<int, int, int, float[][]>, float[][], float[][]> check)
    {
        Assert.SkipUnless(CpuIsaSupport.IsSupported(isa), $"this processor has no {isa}");
        using CpuDevice device = new(new CpuDeviceOptions { Isa = isa, Threads = 2 });
        // One broken tile; whole tiles and a broken one; activation records that are filled, and not.
        int few = type.BlockLength() == 1 ? 123 : 3 * type.BlockLength();
        foreach ((int outputs, int inputs) in new[] { (7, few), (67, 10 * Math.Max(type.BlockLength(), 32)) })
        {
            Random random = new(outputs);
            byte[] data = MatMulOracle.RandomWeight(type, outputs, inputs, random);
            float[][] rows = MatMulHarness.RandomRows(MostRows, inputs, random);
            float[][] Product(int first, int count, int steps) =>
                MatMulHarness.Multiply(device, type, data, outputs, rows[first..(first + count)], steps);
            float[][] Alone(int steps) => [.. Enumerable.Range(0, MostRows).Select(row => Product(row, 1, steps)[0])];
            check(Product, Alone(1), Alone(0));
        }
    }
}
