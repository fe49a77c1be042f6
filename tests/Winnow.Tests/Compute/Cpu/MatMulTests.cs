using System.Runtime.InteropServices;
using Winnow.Compute;
using Winnow.Compute.Cpu;
using Winnow.Quantization;
using Winnow.Tensors;

namespace Winnow.Tests.Compute.Cpu;

public class MatMulTests
{
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

    public static TheoryData<CpuIsa> InstructionSets() => [.. Enum.GetValues<CpuIsa>()];

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
                MatMulHarness.Check(device, type, outputs, blocks * Math.Max(type.BlockLength(), 8), tokens, seed: (outputs * 100) + tokens);
            }
        }
    }

    [Theory]
    [MemberData(nameof(InstructionSets))]
    public void Float_weights_take_inputs_of_any_length(CpuIsa isa)
    {
        Assert.SkipUnless(CpuIsaSupport.IsSupported(isa), $"this processor has no {isa}");
        using CpuDevice device = new(new CpuDeviceOptions { Isa = isa, Threads = 1 });
        foreach (TensorType type in new[] { TensorType.F32, TensorType.F16, TensorType.BF16 })
        {
            foreach (int inputs in new[] { 1, 3, 7, 8, 15, 31, 33, 63, 127, 129, 300 })
            {
                MatMulHarness.Check(device, type, 5, inputs, 1, seed: inputs);
                MatMulHarness.Check(device, type, 5, inputs, 6, seed: inputs);
            }
        }
    }

    [Theory]
    [MemberData(nameof(Kernels))]
    public void The_largest_quants_and_activations_do_not_saturate(CpuIsa isa, TensorType type)
    {
        Assert.SkipUnless(CpuIsaSupport.IsSupported(isa), $"this processor has no {isa}");
        using CpuDevice device = new(new CpuDeviceOptions { Isa = isa, Threads = 1 });
        const int Outputs = 6;
        int inputs = 2 * Math.Max(type.BlockLength(), 32);
        foreach (byte pattern in new byte[] { 0xFF, 0x00, 0x80, 0x7F })
        {
            byte[] data = new byte[Outputs * type.SizeBytes(inputs)];
            Array.Fill(data, pattern);
            MatMulOracle.SetScales(type, data, 0.01f);
            float[][] rows = new float[9][];
            for (int t = 0; t < rows.Length; t++)
            {
                // All at the positive end, all at the negative one, and mixtures.
                rows[t] = [.. Enumerable.Range(0, inputs).Select(i => ((i * t) & 4) == 0 ? 127f : -127f)];
                rows[t] = t == 1 ? [.. rows[0].Select(x => -x)] : rows[t];
            }

            foreach (int steps in new[] { 0, rows.Length })
            {
                float[][] results = MatMulHarness.Multiply(device, type, data, Outputs, rows, steps);
                string what = $"{type} {isa}, bytes {pattern:X2}, {steps} steps";
                MatMulHarness.Compare(type, data, Outputs, rows, results, what, MatMulHarness.WorstTolerance);
            }
        }
    }

    [Theory]
    [InlineData(CpuIsa.AvxVnni, CpuIsa.Avx2)]
    [InlineData(CpuIsa.ArmDot, CpuIsa.Portable)]
    public void Dot_product_instructions_give_the_same_bits_as_the_kernels_without_them(CpuIsa with, CpuIsa without)
    {
        Assert.SkipUnless(CpuIsaSupport.IsSupported(with), $"this processor has no {with}");
        using CpuDevice device = new(new CpuDeviceOptions { Isa = with, Threads = 1 });
        using CpuDevice other = new(new CpuDeviceOptions { Isa = without, Threads = 1 });
        foreach (TensorType type in MatMulOracle.Types)
        {
            Random random = new(13);
            int inputs = 5 * Math.Max(type.BlockLength(), 16);
            byte[] data = MatMulOracle.RandomWeight(type, 37, inputs, random);
            foreach (int steps in new[] { 0, 1, 6 })
            {
                float[][] rows = MatMulHarness.RandomRows(6, inputs, random);
                float[][] expected = MatMulHarness.Multiply(other, type, data, 37, rows, steps);
                Assert.Equal(expected, MatMulHarness.Multiply(device, type, data, 37, rows, steps));
            }
        }
    }

    [Theory]
    [MemberData(nameof(Kernels))]
    public void Results_do_not_depend_on_the_number_of_threads(CpuIsa isa, TensorType type)
    {
        Assert.SkipUnless(CpuIsaSupport.IsSupported(isa), $"this processor has no {isa}");
        Random random = new(7);
        const int Outputs = 100;
        int inputs = 3 * Math.Max(type.BlockLength(), 64);
        byte[] data = MatMulOracle.RandomWeight(type, Outputs, inputs, random);
        foreach (int steps in new[] { 0, 1, 6 })
        {
            float[][] rows = MatMulHarness.RandomRows(6, inputs, random);
            using CpuDevice one = new(new CpuDeviceOptions { Isa = isa, Threads = 1 });
            float[][] expected = MatMulHarness.Multiply(one, type, data, Outputs, rows, steps);
            foreach (int threads in new[] { 2, 3 })
            {
                using CpuDevice device = new(new CpuDeviceOptions { Isa = isa, Threads = threads });
                Assert.Equal(expected, MatMulHarness.Multiply(device, type, data, Outputs, rows, steps));
            }
        }
    }

    [Theory]
    [MemberData(nameof(Kernels))]
    public void Rounding_activations_costs_less_than_one_percent(CpuIsa isa, TensorType type)
    {
        Assert.SkipUnless(CpuIsaSupport.IsSupported(isa), $"this processor has no {isa}");
        Random random = new(11);
        const int Outputs = 64;
        const int Inputs = 1024;
        byte[] data = MatMulOracle.RandomWeight(type, Outputs, Inputs, random);
        float[][] rows = MatMulHarness.RandomRows(4, Inputs, random);
        using CpuDevice device = new(new CpuDeviceOptions { Isa = isa, Threads = 1 });
        float[][] results = MatMulHarness.Multiply(device, type, data, Outputs, rows, steps: 2);
        double error = 0;
        double power = 0;
        for (int t = 0; t < rows.Length; t++)
        {
            for (int o = 0; o < Outputs; o++)
            {
                int rowBytes = data.Length / Outputs;
                double exact = MatMulOracle.Dot(type, data.AsSpan(o * rowBytes, rowBytes), rows[t]).Sum;
                error += (results[t][o] - exact) * (results[t][o] - exact);
                power += exact * exact;
            }
        }

        Assert.True(error <= 1e-4 * power, $"relative error {Math.Sqrt(error / power):E2}");
    }

    [Theory]
    [MemberData(nameof(InstructionSets))]
    public void Activations_of_zero_and_of_the_smallest_magnitudes_give_finite_products(CpuIsa isa)
    {
        Assert.SkipUnless(CpuIsaSupport.IsSupported(isa), $"this processor has no {isa}");
        using CpuDevice device = new(new CpuDeviceOptions { Isa = isa, Threads = 1 });
        foreach (TensorType type in MatMulOracle.Types)
        {
            byte[] data = MatMulOracle.RandomWeight(type, 3, 256, new Random(5));
            foreach (float value in new[] { 0, float.Epsilon, 1e-38f, 1e-30f })
            {
                float[][] rows = [.. Enumerable.Range(0, 5).Select(_ => Enumerable.Repeat(value, 256).ToArray())];
                foreach (float[] result in MatMulHarness.Multiply(device, type, data, 3, rows, steps: 2))
                {
                    Assert.All(result, x => Assert.True(Math.Abs(x) <= 1e6 * value, $"{type}: {x} from activations of {value}"));
                }
            }
        }
    }

    [Theory]
    [InlineData(1, 0)]
    [InlineData(1, 1)]
    [InlineData(20, 0)]
    [InlineData(20, 7)]
    public unsafe void Several_weights_in_one_pass_equal_separate_products(int tokens, int steps)
    {
        const int Inputs = 512;
        (TensorType Type, int Outputs)[] shapes =
            [(TensorType.Q4_K, 64), (TensorType.Q6_K, 33), (TensorType.F16, 40), (TensorType.Q8_0, 96), (TensorType.Q4_0, 5), (TensorType.Q4_K, 32)];
        Random random = new(tokens);
        using CpuDevice device = new(new CpuDeviceOptions { Threads = 2 });
        using ComputeStream stream = device.CreateStream();
        Matrix input = device.AllocateMatrix(tokens, Inputs);
        stream.Write(MatMulHarness.RandomRows(1, tokens * Inputs, random)[0], input);
        Weight[] weights = new Weight[shapes.Length];
        Matrix[] outputs = new Matrix[shapes.Length];
        for (int i = 0; i < shapes.Length; i++)
        {
            byte[] data = MatMulOracle.RandomWeight(shapes[i].Type, shapes[i].Outputs, Inputs, random);
            byte* copy = (byte*)NativeMemory.Alloc((nuint)data.Length);
            data.CopyTo(new Span<byte>(copy, data.Length));
            weights[i] = device.LoadWeight($"weight {i}", shapes[i].Type, shapes[i].Outputs, Inputs, (nint)copy);
            outputs[i] = device.AllocateMatrix(tokens, shapes[i].Outputs);
        }

        stream.MatMul(weights, input, outputs, steps);
        for (int i = 0; i < shapes.Length; i++)
        {
            Matrix separate = device.AllocateMatrix(tokens, shapes[i].Outputs);
            stream.MatMul(weights[i], input, separate, steps);
            float[] expected = new float[tokens * shapes[i].Outputs];
            float[] actual = new float[expected.Length];
            stream.Read(separate, expected);
            stream.Read(outputs[i], actual);
            Assert.Equal(expected, actual);
            separate.Buffer.Dispose();
            outputs[i].Buffer.Dispose();
            NativeMemory.Free(((CpuWeight)weights[i]).Data);
        }

        input.Buffer.Dispose();
    }

    [Theory]
    [MemberData(nameof(InstructionSets))]
    public void Rows_longer_than_what_is_unpacked_at_once_are_multiplied_in_parts(CpuIsa isa)
    {
        Assert.SkipUnless(CpuIsaSupport.IsSupported(isa), $"this processor has no {isa}");
        using CpuDevice device = new(new CpuDeviceOptions { Isa = isa, Threads = 1 });
        foreach (TensorType type in new[] { TensorType.IQ4_NL, TensorType.MXFP4, TensorType.NVFP4, TensorType.IQ3_S, TensorType.IQ2_XS })
        {
            // Whole chunks, whole records behind them, and blocks behind those.
            int rest = type.BlockLength() < 256 ? 256 - type.BlockLength() : 0;
            MatMulHarness.Check(device, type, 3, 2048, 3, seed: 1);
            MatMulHarness.Check(device, type, 3, 4096 + 512 + rest, 3, seed: 2);
        }
    }

    [Fact]
    public void Prompts_longer_than_a_block_of_tokens_are_multiplied_in_parts()
    {
        using CpuDevice device = new(new CpuDeviceOptions { Threads = 2 });
        MatMulHarness.Check(device, TensorType.Q4_K, 3, 256, 515, seed: 1);
        MatMulHarness.Check(device, TensorType.F32, 3, 40, 1025, seed: 2);
    }

    [Theory]
    [InlineData(1, 1)]
    [InlineData(3, 0)]
    [InlineData(17, 17)]
    [InlineData(17, 5)]
    public unsafe void Products_allocate_nothing(int tokens, int steps)
    {
        byte[] data = MatMulOracle.RandomWeight(TensorType.Q4_K, 64, 512, new Random(1));
        fixed (byte* pinned = data)
        {
            using CpuDevice device = new(new CpuDeviceOptions { Threads = 2 });
            using ComputeStream stream = device.CreateStream();
            using Weight weight = device.LoadWeight("weight", TensorType.Q4_K, 64, 512, (nint)pinned);
            Matrix input = device.AllocateMatrix(tokens, 512);
            Matrix output = device.AllocateMatrix(tokens, 64);
            stream.MatMul(weight, input, output, steps);
            long before = GC.GetAllocatedBytesForCurrentThread();
            for (int i = 0; i < 20; i++)
            {
                stream.MatMul(weight, input, output, steps);
            }

            Assert.Equal(before, GC.GetAllocatedBytesForCurrentThread());
            input.Buffer.Dispose();
            output.Buffer.Dispose();
        }
    }

    [Fact]
    public unsafe void Embedding_rows_are_the_decoded_rows_of_the_table()
    {
        using CpuDevice device = new();
        using ComputeStream stream = device.CreateStream();
        foreach (TensorType type in MatMulOracle.Types)
        {
            byte[] data = MatMulOracle.RandomWeight(type, 9, 256, new Random(3));
            int rowBytes = data.Length / 9;
            fixed (byte* pinned = data)
            {
                using Weight table = device.LoadWeight("table", type, 9, 256, (nint)pinned);
                Matrix output = device.AllocateMatrix(3, 256);
                int[] ids = [8, 0, 5];
                stream.Embed(table, ids, output);
                float[] actual = new float[3 * 256];
                stream.Read(output, actual);
                for (int t = 0; t < 3; t++)
                {
                    float[] expected = new float[256];
                    BlockCodec.Decode(type, data.AsSpan(ids[t] * rowBytes, rowBytes), expected);
                    Assert.Equal(expected, actual.AsSpan(t * 256, 256).ToArray());
                }

                output.Buffer.Dispose();
            }
        }
    }

    [Fact]
    public void A_type_without_kernels_is_refused_when_its_weight_is_loaded()
    {
        using CpuDevice device = new();
        Assert.Throws<NotSupportedException>(() => device.LoadWeight("ids", TensorType.U8, 1, 1, 0));
    }
}
