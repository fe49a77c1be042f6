using System.Diagnostics;
using System.Runtime.InteropServices;
using Winnow.Compute;
using Winnow.Compute.Cpu;
using Winnow.Tensors;

namespace Winnow.Benchmarks.MatMul;

/// <summary>
/// What a batch of decode steps gains: the products of one pass through a Llama 3.2 1B whose weights come from memory, with 1 to 16 steps,
/// and with short prompts; each as time and as tokens per second over those of a single step. Numbers of rows take turns, and of each
/// product the fastest of several rounds counts, so that other work on the machine matters little.
/// </summary>
/// <remarks><c>rows [TYPE…] [ISA] [THREADS]</c>; without a type, Q4_K and about as much Q6_K as in Q4_K_M.</remarks>
internal static unsafe class BatchedRows
{
    private const int Layers = 16;
    private const int Hidden = 2048;
    private const int Inner = 8192;
    private const int Heads = 512;
    private const int Vocabulary = 128256;
    private const int Rounds = 7;
    private const int MostRows = 16;

    private static readonly (int Rows, bool Steps)[] Cases =
    [
        (1, true), (2, true), (3, true), (4, true), (6, true), (8, true), (12, true), (16, true),
        (1, false), (2, false), (4, false), (8, false), (16, false),
    ];

    public static void Print(string[] arguments)
    {
        CpuDeviceOptions options = new();
        List<TensorType> types = [];
        foreach (string argument in arguments)
        {
            if (Enum.TryParse(argument, out CpuIsa isa) && !int.TryParse(argument, out _))
            {
                options = options with { Isa = isa };
            }
            else if (int.TryParse(argument, out int threads))
            {
                options = options with { Threads = threads };
            }
            else
            {
                types.Add(Enum.Parse<TensorType>(argument));
            }
        }

        using CpuDevice device = new(options);
        Console.WriteLine($"{device.Isa}, {device.Threads} threads");
        foreach (TensorType? type in types.Count == 0 ? [null] : types.Select(type => (TensorType?)type))
        {
            Measure(device, type);
        }
    }

    private static void Measure(CpuDevice device, TensorType? type)
    {
        List<nint> memory = [];
        Random random = new(1);
        long bytes = 0;
        Weight Load(TensorType mixed, int outputs, int inputs)
        {
            TensorType own = type ?? mixed;
            long size = outputs * own.SizeBytes(inputs);
            bytes += size;
            byte* data = (byte*)NativeMemory.AlignedAlloc((nuint)size, 64);
            memory.Add((nint)data);
            MatMulBenchmark.FillWeights(data, size, random);
            return device.LoadWeight("weight", own, outputs, inputs, (nint)data);
        }

        Weight[][] layers = new Weight[Layers][];
        for (int i = 0; i < Layers; i++)
        {
            TensorType better = i % 2 == 0 ? TensorType.Q6_K : TensorType.Q4_K;
            layers[i] =
            [
                Load(TensorType.Q4_K, Hidden, Hidden), Load(TensorType.Q4_K, Heads, Hidden), Load(better, Heads, Hidden),
                Load(TensorType.Q4_K, Hidden, Hidden),
                Load(TensorType.Q4_K, Inner, Hidden), Load(TensorType.Q4_K, Inner, Hidden),
                Load(better, Hidden, Inner),
            ];
        }

        Weight head = Load(TensorType.Q6_K, Vocabulary, Hidden);
        using ComputeStream stream = device.CreateStream();
        Matrix hidden = device.AllocateMatrix(MostRows, Hidden);
        Matrix query = device.AllocateMatrix(MostRows, Hidden);
        Matrix key = device.AllocateMatrix(MostRows, Heads);
        Matrix value = device.AllocateMatrix(MostRows, Heads);
        Matrix gate = device.AllocateMatrix(MostRows, Inner);
        Matrix other = device.AllocateMatrix(MostRows, Inner);
        Matrix up = device.AllocateMatrix(MostRows, Inner);
        Matrix logits = device.AllocateMatrix(MostRows, Vocabulary);
        float[] values = [.. Enumerable.Range(0, MostRows * Inner).Select(_ => (float)(random.NextDouble() - 0.5))];
        stream.Write(values.AsSpan(0, MostRows * Hidden), hidden);

        double[][] best = [.. Cases.Select(_ => Enumerable.Repeat(double.MaxValue, (4 * Layers) + 1).ToArray())];
        for (int round = 0; round <= Rounds; round++)
        {
            for (int i = 0; i < Cases.Length; i++)
            {
                int rows = Cases[i].Rows;
                int steps = Cases[i].Steps ? rows : 0;
                int part = 0;
                Matrix Of(Matrix matrix) => matrix.RowSlice(0, rows);
                void Multiply(ReadOnlySpan<Weight> weights, Matrix input, ReadOnlySpan<Matrix> outputs)
                {
                    long start = Stopwatch.GetTimestamp();
                    stream.MatMul(weights, input, outputs, steps);
                    double time = Stopwatch.GetElapsedTime(start).TotalMilliseconds;
                    best[i][part] = round == 0 ? double.MaxValue : Math.Min(best[i][part], time);
                    part++;
                }

                stream.Write(values, gate);
                foreach (Weight[] layer in layers)
                {
                    Multiply(layer.AsSpan(0, 3), Of(hidden), [Of(query), Of(key), Of(value)]);
                    Multiply(layer.AsSpan(3, 1), Of(hidden), [Of(query)]);
                    Multiply(layer.AsSpan(4, 2), Of(hidden), [Of(up), Of(other)]);
                    Multiply(layer.AsSpan(6, 1), Of(gate), [Of(query)]);
                }

                Multiply([head], Of(hidden), [Of(logits)]);
            }
        }

        Console.WriteLine($"{type?.ToString() ?? "Q4_K_M"}, {bytes / 1e6:F0} MB");
        for (int i = 0; i < Cases.Length; i++)
        {
            (int rows, bool steps) = Cases[i];
            double time = best[i].Sum();
            Console.WriteLine(
                $"  {rows,2} {(steps ? "steps" : "rows of a prompt"),-16} {time,8:F2} ms, {bytes / time / 1e6,6:F1} GB/s, "
                + $"{rows * best[0].Sum() / time:F2} times one step");
        }

        foreach (Matrix matrix in (ReadOnlySpan<Matrix>)[hidden, query, key, value, gate, up, other, logits])
        {
            matrix.Buffer.Dispose();
        }

        memory.ForEach(data => NativeMemory.AlignedFree((void*)data));
    }
}
