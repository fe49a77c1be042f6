using System.Runtime.InteropServices;
using BenchmarkDotNet.Attributes;
using Winnow.Compute;
using Winnow.Compute.Cpu;
using Winnow.Quantization;
using Winnow.Tensors;

namespace Winnow.Benchmarks.MatMul;

/// <summary>Products with the weights of a Llama 3.2 1B, one for each shape; copies are cycled so that weights come from memory.</summary>
public abstract unsafe class MatMulBenchmark : IDisposable
{
    /// <summary>More than any last-level cache that one core gets.</summary>
    private const long WorkingSetBytes = 128L << 20;

    private CpuDevice _device = null!;
    private ComputeStream _stream = null!;
    private Weight[] _weights = [];
    private byte* _data;
    private Matrix _input;
    private Matrix _output;
    private int _next;

    [ParamsSource(nameof(Shapes))]
    public string Shape { get; set; } = "";

    [ParamsSource(nameof(Types))]
    public TensorType Type { get; set; }

    public IEnumerable<TensorType> Types => BlockTypes.All.Select(row => row.Type);

    /// <summary>Outputs and inputs.</summary>
    public virtual IEnumerable<string> Shapes => ["512x2048", "2048x2048", "8192x2048", "2048x8192"];

    /// <summary>Rows of activations.</summary>
    protected abstract int Tokens { get; }

    /// <summary>How many of them are decode steps.</summary>
    protected abstract int Steps { get; }

    [GlobalSetup]
    public void Setup()
    {
        int[] sizes = [.. Shape.Split('x').Select(int.Parse)];
        long bytes = sizes[0] * Type.SizeBytes(sizes[1]);
        int copies = (int)Math.Max(1, WorkingSetBytes / bytes);
        _data = (byte*)NativeMemory.AlignedAlloc((nuint)(copies * bytes), 64);
        Random random = new(1);
        FillWeights(_data, copies * bytes, random);
        _device = new CpuDevice();
        _stream = _device.CreateStream();
        _weights = new Weight[copies];
        for (int i = 0; i < copies; i++)
        {
            _weights[i] = _device.LoadWeight("weight", Type, sizes[0], sizes[1], (nint)(_data + (i * bytes)));
        }

        _input = _device.AllocateMatrix(Tokens, sizes[1]);
        _output = _device.AllocateMatrix(Tokens, sizes[0]);
        float[] values = new float[Tokens * sizes[1]];
        for (int i = 0; i < values.Length; i++)
        {
            values[i] = (float)(random.NextDouble() - 0.5);
        }

        _stream.Write(values, _input);
    }

    [GlobalCleanup]
    public void Dispose()
    {
        _input.Buffer.Dispose();
        _output.Buffer.Dispose();
        _stream.Dispose();
        _device.Dispose();
        NativeMemory.AlignedFree(_data);
        GC.SuppressFinalize(this);
    }

    [Benchmark]
    public void MatMul()
    {
        _next = (_next + 1) % _weights.Length;
        _stream.MatMul(_weights[_next], _input, _output, Steps);
    }

    /// <summary>Random weights of any type.</summary>
    internal static void FillWeights(byte* data, long bytes, Random random)
    {
        for (long offset = 0; offset < bytes; offset += 1 << 20)
        {
            Span<byte> part = new(data + offset, (int)Math.Min(1 << 20, bytes - offset));
            random.NextBytes(part);

            // Small exponents in every 16 bits keep f16 scales and float weights finite, and none at zero keeps them from being denormals,
            // which some processors multiply very slowly; what the quants are does not matter.
            foreach (ref ushort half in MemoryMarshal.Cast<byte, ushort>(part))
            {
                half = (ushort)((half & 0x3BFF) | 0x0400);
            }
        }
    }
}
