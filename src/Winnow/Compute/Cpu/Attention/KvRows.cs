using System.Runtime.Intrinsics;
using Winnow.Compute.Simd;
using Winnow.Quantization.Layouts;
using Winnow.Tensors;

namespace Winnow.Compute.Cpu.Attention;

/// <summary>Brings cache rows into the form that kernels compute with.</summary>
internal static unsafe class KvRows
{
    private const int BlockLength = 32;
    private const int BlockBytes = BlockSizeBytes.Q8_0;

    /// <summary>Writes the addresses of the key rows that are visited as numbers [first, first + count), and repeats the last up to a whole tile.</summary>
    public static void Locate(ref readonly AttentionInput input, ref readonly HeadGroup group, int first, int count, byte** rows)
    {
        long head = (long)group.KvHead * input.HeadBytes;
        int tokenBytes = input.TokenBytes;
        int i = 0;
        if (group.Rows is null)
        {
            while (i < count)
            {
                int inPage = (first + i) % KvLayout.PageTokens;
                byte* row = group.Pages[(first + i) / KvLayout.PageTokens] + head + (inPage * tokenBytes);
                for (int end = Math.Min(count, i + KvLayout.PageTokens - inPage); i < end; i++, row += tokenBytes)
                {
                    rows[i] = row;
                }
            }
        }
        else
        {
            for (; i < count; i++)
            {
                uint row = (uint)group.Rows[first + i];
                rows[i] = group.Pages[row / KvLayout.PageTokens] + head + (row % KvLayout.PageTokens * tokenBytes);
            }
        }

        for (; i < AttentionInput.TileRows; i++)
        {
            rows[i] = rows[count - 1];
        }
    }

    /// <summary>Decodes rows to f32, padded with zeros to whole vectors.</summary>
    /// <param name="type">How the rows are stored.</param>
    /// <param name="rows">Their addresses.</param>
    /// <param name="offset">Bytes from an address to the row: 0 for keys.</param>
    /// <param name="count">How many.</param>
    /// <param name="elements">Elements of a row.</param>
    /// <param name="stride">Elements from one row of the target to the next.</param>
    /// <param name="target">[count, stride].</param>
    public static void Decode<S, V>(TensorType type, byte** rows, int offset, int count, int elements, int stride, float* target)
        where S : struct, ISimd<V>
        where V : struct
    {
        for (int r = 0; r < count; r++, target += stride)
        {
            byte* row = rows[r] + offset;
            switch (type)
            {
                case TensorType.F16:
                    DecodeF16<S, V>((ushort*)row, elements, target);
                    break;
                case TensorType.Q8_0:
                    DecodeQ8_0<S, V>(row, elements, target);
                    break;
                case TensorType.BF16:
                    Decode<S, V, BF16Elements>(row, elements, target);
                    for (int i = elements / S.Width * S.Width; i < elements; i++)
                    {
                        target[i] = BitConverter.Int32BitsToSingle(((ushort*)row)[i] << 16);
                    }

                    break;
                case TensorType.Q4_0:
                    Decode<S, V, Q4Elements>(row, elements, target);
                    break;
                case TensorType.F32:
                    new ReadOnlySpan<float>(row, elements).CopyTo(new Span<float>(target, elements));
                    break;
                default:
                    throw new InvalidOperationException($"there are no kernels for keys and values of type {type}");
            }

            new Span<float>(target + elements, stride - elements).Clear();
        }
    }

    /// <summary>target[c, r] = source[r, c].</summary>
    /// <param name="source">[rows, columns].</param>
    /// <param name="rows">Rows; up to the next multiple of 4 are read.</param>
    /// <param name="columns">A multiple of 4.</param>
    /// <param name="target">[columns, <see cref="AttentionInput.TileRows"/>].</param>
    public static void Transpose(float* source, int rows, int columns, float* target)
    {
        for (int r = 0; r < rows; r += 4)
        {
            float* row = source + (r * columns);
            for (int c = 0; c < columns; c += 4)
            {
                Vector128<float> a = Vector128.Load(row + c);
                Vector128<float> b = Vector128.Load(row + columns + c);
                Vector128<float> d = Vector128.Load(row + (2 * columns) + c);
                Vector128<float> e = Vector128.Load(row + (3 * columns) + c);
                Vector128<float> abLow = Interleave.Low(a, b);
                Vector128<float> abHigh = Interleave.High(a, b);
                Vector128<float> deLow = Interleave.Low(d, e);
                Vector128<float> deHigh = Interleave.High(d, e);
                float* column = target + (c * AttentionInput.TileRows) + r;
                Interleave.LowHalves(abLow, deLow).Store(column);
                Interleave.HighHalves(abLow, deLow).Store(column + AttentionInput.TileRows);
                Interleave.LowHalves(abHigh, deHigh).Store(column + (2 * AttentionInput.TileRows));
                Interleave.HighHalves(abHigh, deHigh).Store(column + (3 * AttentionInput.TileRows));
            }
        }
    }

    /// <summary>As many elements as whole vectors hold.</summary>
    private static void Decode<S, V, TElements>(byte* row, int elements, float* target)
        where S : struct, ISimd<V>
        where V : struct
        where TElements : IKvElements
    {
        V factor = S.Broadcast(TElements.Factor);
        for (int i = 0; i <= elements - S.Width; i += S.Width)
        {
            S.Store(S.Multiply(TElements.Load<S, V>(row, i), factor), target + i);
        }
    }

    private static void DecodeF16<S, V>(ushort* row, int elements, float* target)
        where S : struct, ISimd<V>
        where V : struct
    {
        V factor = S.Broadcast(F16Elements.Factor);
        int i = 0;
        for (; i <= elements - S.Width; i += S.Width)
        {
            S.Store(S.Multiply(S.LoadHalfBits(row + i), factor), target + i);
        }

        for (; i < elements; i++)
        {
            target[i] = HalfBits.ToSingle(row[i]);
        }
    }

    private static void DecodeQ8_0<S, V>(byte* row, int elements, float* target)
        where S : struct, ISimd<V>
        where V : struct
    {
        for (int first = 0; first < elements; first += BlockLength, row += BlockBytes)
        {
            V scale = S.Broadcast(HalfBits.ToSingle(*(ushort*)row));
            for (int i = 0; i < BlockLength; i += S.Width)
            {
                S.Store(S.Multiply(S.LoadBytes((sbyte*)row + 2 + i), scale), target + first + i);
            }
        }
    }
}
