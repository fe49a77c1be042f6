using System.Runtime.CompilerServices;
using System.Runtime.Intrinsics;
using Winnow.Compute.Cpu.MatMul.Lanes;
using Winnow.Compute.Cpu.MatMul.Panels;
using Winnow.Compute.Cpu.MatMul.Records;
using Winnow.Quantization.Layouts;

namespace Winnow.Compute.Cpu.MatMul.Rows;

/// <summary>Rows times one encoded activation row in vectors of 128 bits: the kernels of token generation for every processor.</summary>
/// <remarks>
/// A block is unpacked to the words that tiles are made of and multiplied at once, out of the first-level cache.
/// </remarks>
internal static unsafe class DotRows128<TLanes>
    where TLanes : ILanes<Vector128<int>>
{
    /// <summary>K-quants with scales per 16.</summary>
    [SkipLocalsInit]
    [MethodImpl(MethodImplOptions.AggressiveOptimization)]
    public static void Super16<TBlock>(byte* row, long rowBytes, int rows, byte* activations, long stride, int inputs, float* output)
        where TBlock : ISuperBlock
    {
        uint* words = stackalloc uint[BlockWords.Super16.Words];
        int blocks = inputs / 256;
        for (int r = 0; r < rows; r++, row += rowBytes)
        {
            byte* block = row;
            byte* record = activations;
            Vector128<int> total = TLanes.Zero;
            for (int b = 0; b < blocks; b++, block += TBlock.Bytes, record += stride)
            {
                RowPrefetch.Ask(block, TBlock.Bytes);
                TBlock.Unpack128(block, words);
                Vector128<int> even = TLanes.Zero;
                Vector128<int> odd = TLanes.Zero;
                byte* quants = (byte*)words;
                byte* x = record;
                for (uint* scales = words + BlockWords.Super16.Scales; scales < words + BlockWords.Super16.Minima; scales += 4, quants += 64, x += 64)
                {
                    even = AddPart(even, quants, x, scales);
                    odd = AddPart(odd, quants + 16, x + 16, scales + 1);
                    even = AddPart(even, quants + 32, x + 32, scales + 2);
                    odd = AddPart(odd, quants + 48, x + 48, scales + 3);
                }

                byte* minima = (byte*)(words + BlockWords.Super16.Minima);
                Vector128<int> scale = TLanes.Broadcast(record + Int8Per256Record.Scale);
                Vector128<int> offset = TLanes.AddPairs(TLanes.Zero, TLanes.Load(minima), TLanes.Load(record + Int8Per256Record.Sums16));
                offset = TLanes.AddPairs(offset, TLanes.Load(minima + 16), TLanes.Load(record + Int8Per256Record.Sums16 + 16));
                total = Add(even + odd, words + BlockWords.Super16.Scale, scale, total);
                total = Add(offset, words + BlockWords.Super16.MinimumScale, TLanes.Negate(scale), total);
            }

            output[r] = Vector128.Sum(total.AsSingle());
        }
    }

    /// <summary>K-quants of four bits with scales per 32.</summary>
    [SkipLocalsInit]
    [MethodImpl(MethodImplOptions.AggressiveOptimization)]
    public static void Super32<TBlock>(byte* row, long rowBytes, int rows, byte* activations, long stride, int inputs, float* output)
        where TBlock : ISuperBlock
    {
        uint* words = stackalloc uint[BlockWords.Super32.Words];
        int blocks = inputs / 256;
        for (int r = 0; r < rows; r++, row += rowBytes)
        {
            byte* block = row;
            byte* record = activations;
            Vector128<int> total = TLanes.Zero;
            for (int b = 0; b < blocks; b++, block += TBlock.Bytes, record += stride)
            {
                RowPrefetch.Ask(block, TBlock.Bytes);
                TBlock.Unpack128(block, words);
                Vector128<int> even = TLanes.Zero;
                Vector128<int> odd = TLanes.Zero;
                for (int part = 0; part < 8; part += 2)
                {
                    Vector128<int> first = AddQuads32(TLanes.Zero, (byte*)words + (32 * part), record + (32 * part));
                    even = TLanes.AddScaled(even, first, TLanes.Scales(TLanes.Broadcast(words + BlockWords.Super32.Scales + part)));
                    Vector128<int> second = AddQuads32(TLanes.Zero, (byte*)words + (32 * part) + 32, record + (32 * part) + 32);
                    odd = TLanes.AddScaled(odd, second, TLanes.Scales(TLanes.Broadcast(words + BlockWords.Super32.Scales + part + 1)));
                }

                Vector128<int> scale = TLanes.Broadcast(record + Int8Per256Record.Scale);
                Vector128<int> offset =
                    TLanes.AddPairs(TLanes.Zero, TLanes.Load(words + BlockWords.Super32.Minima), TLanes.Load(record + Int8Per256Record.Sums32));
                total = Add(even + odd, words + BlockWords.Super32.Scale, scale, total);
                total = Add(offset, words + BlockWords.Super32.MinimumScale, TLanes.Negate(scale), total);
            }

            output[r] = Vector128.Sum(total.AsSingle());
        }
    }

    /// <summary>Blocks of 32 quants of up to five bits.</summary>
    [SkipLocalsInit]
    [MethodImpl(MethodImplOptions.AggressiveOptimization)]
    public static void Per32<TBlock>(byte* row, long rowBytes, int rows, byte* activations, long stride, int inputs, float* output)
        where TBlock : IBlock
    {
        uint* words = stackalloc uint[BlockWords.Per32.Words];
        for (int r = 0; r < rows; r++, row += rowBytes)
        {
            byte* block = row;
            byte* record = activations;
            Vector128<int> even = TLanes.Zero;
            Vector128<int> odd = TLanes.Zero;
            float offset = 0;
            for (int left = inputs / 32; left > 0; left -= 8, record += stride)
            {
                RowPrefetch.Ask(block, 8 * TBlock.Bytes);
                int count = Math.Min(left, 8);
                for (int part = 0; part < count; part++, block += TBlock.Bytes)
                {
                    UnpackBlocks.Unpack128<TBlock>(block, words);
                    // What the offset subtracts starts one lane, because all lanes are summed in the end.
                    Vector128<int> start = TLanes.Start(Vector128.CreateScalar(((int*)(record + Int8Per32Record.LaneOffsets))[part]));
                    Vector128<int> sum = TLanes.Sums(AddQuads32(start, (byte*)words, record + (32 * part)));
                    Vector128<int> scale = TLanes.Broadcast((float*)(record + Int8Per32Record.Scales) + part);
                    // Two sums in turn: one would wait for itself.
                    (even, odd) = (odd, Add(sum, words + BlockWords.Per32.Scale, scale, even));
                    if (TBlock.HasMinimum)
                    {
                        offset += ((float*)words)[BlockWords.Per32.Minimum] * ((float*)(record + Int8Per32Record.Sums))[part];
                    }
                }
            }

            output[r] = Vector128.Sum(even.AsSingle() + odd.AsSingle()) + offset;
        }
    }

    /// <summary>Quants of eight bits times activations of sixteen.</summary>
    [MethodImpl(MethodImplOptions.AggressiveOptimization)]
    public static void Wide32<TBlock>(byte* row, long rowBytes, int rows, byte* activations, long stride, int inputs, float* output)
        where TBlock : IWideBlock
    {
        for (int r = 0; r < rows; r++, row += rowBytes)
        {
            byte* block = row;
            byte* record = activations;
            Vector128<float> even = Vector128<float>.Zero;
            Vector128<float> odd = Vector128<float>.Zero;
            for (int left = inputs / 32; left > 0; left -= 8, record += stride)
            {
                RowPrefetch.Ask(block, 8 * TBlock.Bytes);
                int count = Math.Min(left, 8);
                for (int part = 0; part < count; part++, block += TBlock.Bytes)
                {
                    Vector128<int> sum = AddWide16(TLanes.Zero, TBlock.Quants(block), record + (64 * part));
                    sum = AddWide16(sum, TBlock.Quants(block) + 16, record + (64 * part) + 32);
                    float d = TBlock.Scale(block) * ((float*)(record + Int16Per32Record.Scales))[part];
                    (even, odd) = (odd, Vector128.MultiplyAddEstimate(TLanes.ToSingle(sum).AsSingle(), Vector128.Create(d), even));
                }
            }

            output[r] = Vector128.Sum(even + odd);
        }
    }

    /// <summary>Float weights and activations.</summary>
    [MethodImpl(MethodImplOptions.AggressiveOptimization)]
    public static void Floats<TElement>(byte* row, long rowBytes, int rows, byte* activations, long stride, int inputs, float* output)
        where TElement : IFloatElement
    {
        float* x = (float*)activations;
        int whole = inputs & ~15;
        for (int r = 0; r < rows; r++, row += rowBytes)
        {
            byte* w = row;
            Vector128<float> sum0 = Vector128<float>.Zero, sum1 = sum0, sum2 = sum0, sum3 = sum0;
            for (int i = 0; i < whole; i += 16, w += 16 * TElement.Bytes)
            {
                RowPrefetch.Ask(w, 16 * TElement.Bytes);
                sum0 = Vector128.MultiplyAddEstimate(TElement.Load4(w), Vector128.Load(x + i), sum0);
                sum1 = Vector128.MultiplyAddEstimate(TElement.Load4(w + (4 * TElement.Bytes)), Vector128.Load(x + i + 4), sum1);
                sum2 = Vector128.MultiplyAddEstimate(TElement.Load4(w + (8 * TElement.Bytes)), Vector128.Load(x + i + 8), sum2);
                sum3 = Vector128.MultiplyAddEstimate(TElement.Load4(w + (12 * TElement.Bytes)), Vector128.Load(x + i + 12), sum3);
            }

            float tail = 0;
            for (int i = whole; i < inputs; i++, w += TElement.Bytes)
            {
                tail += TElement.Load(w) * x[i];
            }

            output[r] = Vector128.Sum(sum0 + sum1 + (sum2 + sum3)) + tail;
        }
    }

    /// <summary>total + integers · the weight's scale · the activations' scale.</summary>
    [MethodImpl(MethodImplOptions.AggressiveInlining)]
    private static Vector128<int> Add(Vector128<int> integers, uint* weightScale, Vector128<int> activationScale, Vector128<int> total) =>
        TLanes.MultiplyAdd(TLanes.ToSingle(integers), TLanes.Multiply(TLanes.Broadcast(weightScale), activationScale), total);

    /// <summary>Adds sixteen products times their scale.</summary>
    [MethodImpl(MethodImplOptions.AggressiveInlining)]
    private static Vector128<int> AddPart(Vector128<int> sum, byte* quants, byte* activations, uint* scale) => TLanes.AddScaled(
        sum, TLanes.AddQuads(TLanes.Zero, TLanes.Load(quants), TLanes.Load(activations)), TLanes.Scales(TLanes.Broadcast(scale)));

    [MethodImpl(MethodImplOptions.AggressiveInlining)]
    private static Vector128<int> AddQuads32(Vector128<int> quads, byte* quants, byte* activations) =>
        TLanes.AddQuads(TLanes.AddQuads(quads, TLanes.Load(quants), TLanes.Load(activations)), TLanes.Load(quants + 16), TLanes.Load(activations + 16));

    [MethodImpl(MethodImplOptions.AggressiveInlining)]
    private static Vector128<int> AddWide16(Vector128<int> sum, sbyte* quants, byte* activations)
    {
        (Vector128<short> low, Vector128<short> high) = Vector128.Widen(Vector128.Load(quants));
        return TLanes.AddPairs(TLanes.AddPairs(sum, low.AsInt32(), TLanes.Load(activations)), high.AsInt32(), TLanes.Load(activations + 16));
    }
}
