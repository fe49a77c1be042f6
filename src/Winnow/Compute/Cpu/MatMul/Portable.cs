using System.Runtime.CompilerServices;
using System.Runtime.Intrinsics;
using Winnow.Formats;
using Winnow.Quantization;

namespace Winnow.Compute.Cpu.MatMul;

/// <summary>Kernels for any processor: weights are decoded to f32, activations stay as they are. Correct first; 128-bit vectors where there are any.</summary>
internal static unsafe class Portable
{
    /// <summary>Elements that are decoded at a time: a whole number of blocks of every type.</summary>
    private const int Chunk = 256;

    /// <summary>Rows of any type times one row of f32 activations.</summary>
    [SkipLocalsInit]
    [MethodImpl(MethodImplOptions.AggressiveOptimization)]
    public static void Dot(TensorType type, byte* row, long rowBytes, int rows, float* activations, int inputs, float* output)
    {
        Span<float> weights = stackalloc float[Chunk];
        int chunkBytes = (int)type.SizeBytes(Chunk);
        fixed (float* w = weights)
        {
            for (int r = 0; r < rows; r++, row += rowBytes)
            {
                Vector128<float> sum0 = Vector128<float>.Zero, sum1 = sum0, sum2 = sum0, sum3 = sum0;
                float tail = 0;
                byte* source = row;
                for (int first = 0; first < inputs; first += Chunk, source += chunkBytes)
                {
                    int count = Math.Min(Chunk, inputs - first);
                    BlockCodec.Decode(type, source, weights[..count]);
                    float* x = activations + first;
                    int i = 0;
                    for (; i <= count - 16; i += 16)
                    {
                        sum0 = Vector128.MultiplyAddEstimate(Vector128.Load(w + i), Vector128.Load(x + i), sum0);
                        sum1 = Vector128.MultiplyAddEstimate(Vector128.Load(w + i + 4), Vector128.Load(x + i + 4), sum1);
                        sum2 = Vector128.MultiplyAddEstimate(Vector128.Load(w + i + 8), Vector128.Load(x + i + 8), sum2);
                        sum3 = Vector128.MultiplyAddEstimate(Vector128.Load(w + i + 12), Vector128.Load(x + i + 12), sum3);
                    }

                    for (; i < count; i++)
                    {
                        tail += w[i] * x[i];
                    }
                }

                output[r] = Vector128.Sum(sum0 + sum1 + (sum2 + sum3)) + tail;
            }
        }
    }

    /// <summary>A panel of 16 rows of f32 weights times four tokens at a time; the parameters are those of <see cref="Tile512"/>.</summary>
    [MethodImpl(MethodImplOptions.AggressiveOptimization)]
    public static void Tile(uint* panel, int panelWords, byte* records, long recordStride, int recordCount, int tokens, float* sums)
    {
        for (; tokens > 0; tokens -= 4, records += 4 * FloatRecord.Bytes, sums += 4 * PanelLayout.TileRows)
        {
            for (int record = 0; record < recordCount; record++)
            {
                float* x = (float*)(records + (record * recordStride));
                float* w = (float*)panel + (record * FloatRecord.Length * PanelLayout.Rows);
                for (int row = 0; row < PanelLayout.Rows; row += 8)
                {
                    Tile(w + row, x, sums + row);
                }
            }
        }
    }

    [MethodImpl(MethodImplOptions.AggressiveOptimization)]
    private static void Tile(float* w, float* x, float* sums)
    {
        Vector128<float> s00 = Vector128<float>.Zero, s10 = s00, s01 = s00, s11 = s00, s02 = s00, s12 = s00, s03 = s00, s13 = s00;
        for (int i = 0; i < FloatRecord.Length; i++, w += PanelLayout.Rows, x++)
        {
            Vector128<float> a = Vector128.Load(w);
            Vector128<float> b = Vector128.Load(w + 4);
            Vector128<float> t = Vector128.Create(x[0]);
            s00 = Vector128.MultiplyAddEstimate(a, t, s00);
            s10 = Vector128.MultiplyAddEstimate(b, t, s10);
            t = Vector128.Create(x[FloatRecord.Length]);
            s01 = Vector128.MultiplyAddEstimate(a, t, s01);
            s11 = Vector128.MultiplyAddEstimate(b, t, s11);
            t = Vector128.Create(x[2 * FloatRecord.Length]);
            s02 = Vector128.MultiplyAddEstimate(a, t, s02);
            s12 = Vector128.MultiplyAddEstimate(b, t, s12);
            t = Vector128.Create(x[3 * FloatRecord.Length]);
            s03 = Vector128.MultiplyAddEstimate(a, t, s03);
            s13 = Vector128.MultiplyAddEstimate(b, t, s13);
        }

        Add(s00, s10, sums);
        Add(s01, s11, sums + PanelLayout.TileRows);
        Add(s02, s12, sums + (2 * PanelLayout.TileRows));
        Add(s03, s13, sums + (3 * PanelLayout.TileRows));
    }

    [MethodImpl(MethodImplOptions.AggressiveInlining)]
    private static void Add(Vector128<float> s0, Vector128<float> s1, float* sums)
    {
        (Vector128.Load(sums) + s0).Store(sums);
        (Vector128.Load(sums + 4) + s1).Store(sums + 4);
    }
}
