using System.Runtime.InteropServices;
using Winnow.Compute;
using Winnow.Compute.Cpu;
using Winnow.Formats;

namespace Winnow.Tests.Compute.Cpu;

public class MatMulTests
{
    /// <summary>Rounding of f32 sums, relative to the sum of the products' magnitudes.</summary>
    private const double FloatTolerance = 1e-6;

    public static TheoryData<CpuIsa, TensorType> Kernels()
    {
        TheoryData<CpuIsa, TensorType> data = [];
        foreach (CpuIsa isa in Enum.GetValues<CpuIsa>())
        {
            foreach (TensorType type in MatMulOracle.Types)
            {
                data.Add(isa, type);
            }
        }

        return data;
    }

    [Theory]
    [MemberData(nameof(Kernels))]
    public void Products_equal_a_double_precision_sum_over_the_same_activations(CpuIsa isa, TensorType type)
    {
        Assert.SkipUnless(CpuIsaSupport.IsSupported(isa), $"this processor has no {isa}");
        using CpuDevice device = new(new CpuDeviceOptions { Isa = isa, Threads = 2 });
        foreach ((int outputs, int blocks) in new[] { (1, 1), (33, 2), (7, 3), (50, 5), (16, 9), (96, 4) })
        {
            foreach (int tokens in new[] { 1, 2, 3, 5, 7, 8, 16, 33, 64 })
            {
                Check(device, type, outputs, blocks * Math.Max(type.BlockLength(), 8), tokens, seed: (outputs * 100) + tokens);
            }
        }
    }

    [Theory]
    [InlineData(CpuIsa.Portable)]
    [InlineData(CpuIsa.Avx2)]
    [InlineData(CpuIsa.Avx512)]
    public void Float_weights_take_inputs_of_any_length(CpuIsa isa)
    {
        Assert.SkipUnless(CpuIsaSupport.IsSupported(isa), $"this processor has no {isa}");
        using CpuDevice device = new(new CpuDeviceOptions { Isa = isa, Threads = 1 });
        foreach (TensorType type in new[] { TensorType.F32, TensorType.F16, TensorType.BF16 })
        {
            foreach (int inputs in new[] { 1, 3, 7, 8, 15, 31, 33, 63, 127, 129, 300 })
            {
                Check(device, type, 5, inputs, 1, seed: inputs);
                Check(device, type, 5, inputs, 6, seed: inputs);
            }
        }
    }

    private static void Check(CpuDevice device, TensorType type, int outputs, int inputs, int tokens, int seed)
    {
        Random random = new(seed);
        byte[] data = MatMulOracle.RandomWeight(type, outputs, inputs, random);
        float[][] rows = new float[tokens][];
        for (int t = 0; t < tokens; t++)
        {
            rows[t] = new float[inputs];
            for (int i = 0; i < inputs; i++)
            {
                rows[t][i] = (float)((random.NextDouble() - 0.5) * 4);
            }
        }

        float[][] results = Multiply(device, type, data, outputs, rows);
        Compare(device.Isa, type, data, outputs, rows, results, $"{type} {device.Isa} [{outputs}, {inputs}] · {tokens} tokens, seed {seed}");
    }

    /// <summary>Multiplies through views with gaps between their rows, and checks that the gaps stay untouched.</summary>
    private static unsafe float[][] Multiply(CpuDevice device, TensorType type, byte[] data, int outputs, float[][] rows)
    {
        int tokens = rows.Length;
        int inputs = rows[0].Length;
        byte* pinned = (byte*)NativeMemory.AlignedAlloc((nuint)data.Length, 64);
        data.CopyTo(new Span<byte>(pinned, data.Length));
        using Weight weight = device.LoadWeight("weight", type, outputs, inputs, (nint)pinned);
        using ComputeStream stream = device.CreateStream();
        Matrix wideInput = device.AllocateMatrix(tokens, inputs + 5);
        Matrix wideOutput = device.AllocateMatrix(tokens, outputs + 3);
        stream.Write(Enumerable.Repeat(-7f, tokens * (outputs + 3)).ToArray(), wideOutput);
        Matrix input = wideInput.ColumnSlice(2, inputs);
        Matrix output = wideOutput.ColumnSlice(1, outputs);
        stream.Write(rows.SelectMany(row => row).ToArray(), input);
        stream.MatMul(weight, input, output);
        float[] all = new float[tokens * (outputs + 3)];
        stream.Read(wideOutput, all);
        float[][] results = new float[tokens][];
        for (int t = 0; t < tokens; t++)
        {
            results[t] = all.AsSpan((t * (outputs + 3)) + 1, outputs).ToArray();
            Assert.Equal(-7f, all[t * (outputs + 3)]);
            Assert.Equal(-7f, all[(t * (outputs + 3)) + outputs + 1]);
            Assert.Equal(-7f, all[(t * (outputs + 3)) + outputs + 2]);
        }

        wideInput.Buffer.Dispose();
        wideOutput.Buffer.Dispose();
        NativeMemory.AlignedFree(pinned);
        return results;
    }

    private static void Compare(CpuIsa isa, TensorType type, byte[] data, int outputs, float[][] rows, float[][] results, string what)
    {
        int group = isa == CpuIsa.Portable ? 0 : MatMulOracle.ActivationGroup(type);
        int rowBytes = data.Length / outputs;
        for (int t = 0; t < rows.Length; t++)
        {
            float[] activations = group == 0 ? rows[t] : MatMulOracle.RoundToInt8(rows[t], group);
            for (int o = 0; o < outputs; o++)
            {
                (double expected, double magnitude) = MatMulOracle.Dot(type, data.AsSpan(o * rowBytes, rowBytes), activations);
                double error = Math.Abs(results[t][o] - expected);
                Assert.True(error <= FloatTolerance * magnitude, $"{what}: token {t}, output {o}: {results[t][o]} instead of {expected} (error {error / magnitude:E1} of {magnitude})");
            }
        }
    }
}
