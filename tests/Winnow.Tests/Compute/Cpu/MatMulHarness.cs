using System.Runtime.InteropServices;
using Winnow.Compute;
using Winnow.Compute.Cpu;
using Winnow.Tensors;

namespace Winnow.Tests.Compute.Cpu;

/// <summary>Runs products on a CPU device and compares them with <see cref="MatMulOracle"/>.</summary>
internal static class MatMulHarness
{
    /// <summary>Rounding of f32 sums of random terms, relative to the sum of the products' magnitudes.</summary>
    public const double RandomTolerance = 1e-6;

    /// <summary>The bound for terms that are all rounded the same way, as equal ones are: 128 terms after each other, 2⁻²⁴ each.</summary>
    public const double WorstTolerance = 128.0 / (1 << 24);

    /// <summary>
    /// Random weights times random activations: all of them decode steps, all of them a prompt's, and the first half steps.
    /// </summary>
    public static void Check(CpuDevice device, TensorType type, int outputs, int inputs, int tokens, int seed)
    {
        Random random = new(seed);
        byte[] data = MatMulOracle.RandomWeight(type, outputs, inputs, random);
        float[][] rows = RandomRows(tokens, inputs, random);
        foreach (int steps in new[] { 0, tokens / 2, tokens }.Distinct())
        {
            float[][] results = Multiply(device, type, data, outputs, rows, steps);
            string what = $"{type} {device.Isa} [{outputs}, {inputs}] · {tokens} tokens, {steps} of them steps, seed {seed}";
            Compare(type, data, outputs, rows, results, what);
        }
    }

    public static float[][] RandomRows(int tokens, int inputs, Random random)
    {
        float[][] rows = new float[tokens][];
        for (int t = 0; t < tokens; t++)
        {
            rows[t] = new float[inputs];
            for (int i = 0; i < inputs; i++)
            {
                rows[t][i] = (float)((random.NextDouble() - 0.5) * 4);
            }
        }

        return rows;
    }

    /// <summary>Multiplies through views with gaps between their rows, and checks that the gaps stay untouched.</summary>
    public static unsafe float[][] Multiply(CpuDevice device, TensorType type, byte[] data, int outputs, float[][] rows, int steps)
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
        stream.MatMul(weight, input, output, steps);
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

    /// <summary>Compares with sums over the activations that the kernels compute with.</summary>
    public static void Compare(TensorType type, byte[] data, int outputs, float[][] rows, float[][] results, string what, double tolerance = RandomTolerance)
    {
        int group = MatMulOracle.ActivationGroup(type);
        int rowBytes = data.Length / outputs;
        for (int t = 0; t < rows.Length; t++)
        {
            float[] activations = group == 0 ? rows[t] : MatMulOracle.RoundToIntegers(rows[t], group, MatMulOracle.ActivationRange(type));
            for (int o = 0; o < outputs; o++)
            {
                (double expected, double magnitude) = MatMulOracle.Dot(type, data.AsSpan(o * rowBytes, rowBytes), activations);
                double error = Math.Abs(results[t][o] - expected);
                Assert.True(error <= tolerance * magnitude, $"{what}: token {t}, output {o}: {results[t][o]} instead of {expected} (error {error / magnitude:E1} of {magnitude})");
            }
        }
    }
}
