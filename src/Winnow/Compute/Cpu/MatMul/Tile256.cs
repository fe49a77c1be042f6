using System.Runtime.CompilerServices;
using System.Runtime.Intrinsics;
using System.Runtime.Intrinsics.X86;

namespace Winnow.Compute.Cpu.MatMul;

/// <summary>A panel of 16 weight rows times four tokens at a time: the kernels of prompt processing, for AVX2 and FMA.</summary>
/// <remarks>As <see cref="Tile512"/>, with the panel's rows in two vectors.</remarks>
internal static unsafe class Tile256
{
    private const int Rows = PanelLayout.Rows;

    /// <summary>f32 weights and activations.</summary>
    [MethodImpl(MethodImplOptions.AggressiveOptimization)]
    public static void Float(uint* panels, int panelWords, byte* records, long recordStride, int recordCount, int tokens, float* sums)
    {
        for (; tokens > 0; tokens -= 4, records += 4 * FloatRecord.Bytes, sums += 4 * PanelLayout.TileRows)
        {
            float* w0 = (float*)panels;
            float* w1 = w0 + 8;
            for (int record = 0; record < recordCount; record++)
            {
                float* x0 = (float*)(records + (record * recordStride));
                float* x1 = x0 + FloatRecord.Length;
                float* x2 = x1 + FloatRecord.Length;
                float* x3 = x2 + FloatRecord.Length;
                Vector256<float> s00 = Vector256.Load(sums), s10 = Vector256.Load(sums + 8);
                Vector256<float> s01 = Vector256.Load(sums + 32), s11 = Vector256.Load(sums + 40);
                Vector256<float> s02 = Vector256.Load(sums + 64), s12 = Vector256.Load(sums + 72);
                Vector256<float> s03 = Vector256.Load(sums + 96), s13 = Vector256.Load(sums + 104);
                for (int i = 0; i < FloatRecord.Length; i++, w0 += Rows, w1 += Rows)
                {
                    Vector256<float> a = Vector256.Load(w0);
                    Vector256<float> b = Vector256.Load(w1);
                    Vector256<float> x = Vector256.Create(x0[i]);
                    s00 = Fma.MultiplyAdd(a, x, s00);
                    s10 = Fma.MultiplyAdd(b, x, s10);
                    x = Vector256.Create(x1[i]);
                    s01 = Fma.MultiplyAdd(a, x, s01);
                    s11 = Fma.MultiplyAdd(b, x, s11);
                    x = Vector256.Create(x2[i]);
                    s02 = Fma.MultiplyAdd(a, x, s02);
                    s12 = Fma.MultiplyAdd(b, x, s12);
                    x = Vector256.Create(x3[i]);
                    s03 = Fma.MultiplyAdd(a, x, s03);
                    s13 = Fma.MultiplyAdd(b, x, s13);
                }

                s00.Store(sums);
                s10.Store(sums + 8);
                s01.Store(sums + 32);
                s11.Store(sums + 40);
                s02.Store(sums + 64);
                s12.Store(sums + 72);
                s03.Store(sums + 96);
                s13.Store(sums + 104);
            }
        }
    }

    /// <summary>Blocks of 32 quants of up to five bits less 16, with f32 scales.</summary>
    [MethodImpl(MethodImplOptions.AggressiveOptimization)]
    public static void Per32(uint* panels, int panelWords, byte* records, long recordStride, int recordCount, int tokens, float* sums) =>
        Per32(panels, panelWords, records, recordStride, recordCount, tokens, sums, minima: false);

    /// <summary>Blocks of 32 quants of up to five bits less 16, with f32 scales and minima.</summary>
    [MethodImpl(MethodImplOptions.AggressiveOptimization)]
    public static void Per32WithMinima(uint* panels, int panelWords, byte* records, long recordStride, int recordCount, int tokens, float* sums) =>
        Per32(panels, panelWords, records, recordStride, recordCount, tokens, sums, minima: true);

    [MethodImpl(MethodImplOptions.AggressiveInlining)]
    private static void Per32(
        uint* panels, int panelWords, byte* records, long recordStride, int recordCount, int tokens, float* sums, bool minima)
    {
        Vector256<short> ones = Vector256<short>.One;
        for (; tokens > 0; tokens -= 4, records += 4 * Int8Per32Record.Bytes, sums += 4 * PanelLayout.TileRows)
        {
            byte* w0 = (byte*)panels;
            byte* w1 = w0 + 32;
            Vector256<float> s00 = Vector256.Load(sums), s10 = Vector256.Load(sums + 8);
            Vector256<float> s01 = Vector256.Load(sums + 32), s11 = Vector256.Load(sums + 40);
            Vector256<float> s02 = Vector256.Load(sums + 64), s12 = Vector256.Load(sums + 72);
            Vector256<float> s03 = Vector256.Load(sums + 96), s13 = Vector256.Load(sums + 104);
            for (int record = 0; record < recordCount; record++)
            {
                byte* x = records + (record * recordStride);
                byte* factors = x + Int8Per32Record.Scales;
                for (int block = 0; block < 8; block++, factors += 4)
                {
                    const int OffsetsBehind = Int8Per32Record.LaneOffsets - Int8Per32Record.Scales;
                    Vector256<short> c00, c10, c01, c11, c02, c12, c03, c13;
                    c00 = c10 = Broadcast(factors + OffsetsBehind).AsInt16();
                    c01 = c11 = Broadcast(factors + OffsetsBehind + Int8Per32Record.Bytes).AsInt16();
                    c02 = c12 = Broadcast(factors + OffsetsBehind + (2 * Int8Per32Record.Bytes)).AsInt16();
                    c03 = c13 = Broadcast(factors + OffsetsBehind + (3 * Int8Per32Record.Bytes)).AsInt16();
                    for (byte* end = x + 32; x < end; w0 += 64, w1 += 64, x += 4)
                    {
                        Vector256<byte> a = Vector256.Load(w0);
                        Vector256<byte> b = Vector256.Load(w1);
                        Vector256<sbyte> t = Broadcast(x);
                        c00 += Avx2.MultiplyAddAdjacent(a, t);
                        c10 += Avx2.MultiplyAddAdjacent(b, t);
                        t = Broadcast(x + Int8Per32Record.Bytes);
                        c01 += Avx2.MultiplyAddAdjacent(a, t);
                        c11 += Avx2.MultiplyAddAdjacent(b, t);
                        t = Broadcast(x + (2 * Int8Per32Record.Bytes));
                        c02 += Avx2.MultiplyAddAdjacent(a, t);
                        c12 += Avx2.MultiplyAddAdjacent(b, t);
                        t = Broadcast(x + (3 * Int8Per32Record.Bytes));
                        c03 += Avx2.MultiplyAddAdjacent(a, t);
                        c13 += Avx2.MultiplyAddAdjacent(b, t);
                    }

                    Vector256<float> d0 = Vector256.Load((float*)w0), d1 = Vector256.Load((float*)w1);
                    Vector256<float> f = Vector256.Create(*(float*)factors);
                    s00 = AddScaled(c00, ones, d0 * f, s00);
                    s10 = AddScaled(c10, ones, d1 * f, s10);
                    f = Vector256.Create(*(float*)(factors + Int8Per32Record.Bytes));
                    s01 = AddScaled(c01, ones, d0 * f, s01);
                    s11 = AddScaled(c11, ones, d1 * f, s11);
                    f = Vector256.Create(*(float*)(factors + (2 * Int8Per32Record.Bytes)));
                    s02 = AddScaled(c02, ones, d0 * f, s02);
                    s12 = AddScaled(c12, ones, d1 * f, s12);
                    f = Vector256.Create(*(float*)(factors + (3 * Int8Per32Record.Bytes)));
                    s03 = AddScaled(c03, ones, d0 * f, s03);
                    s13 = AddScaled(c13, ones, d1 * f, s13);
                    if (minima)
                    {
                        Vector256<float> m0 = Vector256.Load((float*)w0 + 16), m1 = Vector256.Load((float*)w1 + 16);
                        byte* behind = factors + Int8Per32Record.Sums - Int8Per32Record.Scales;
                        f = Vector256.Create(*(float*)behind);
                        s00 = Fma.MultiplyAdd(m0, f, s00);
                        s10 = Fma.MultiplyAdd(m1, f, s10);
                        f = Vector256.Create(*(float*)(behind + Int8Per32Record.Bytes));
                        s01 = Fma.MultiplyAdd(m0, f, s01);
                        s11 = Fma.MultiplyAdd(m1, f, s11);
                        f = Vector256.Create(*(float*)(behind + (2 * Int8Per32Record.Bytes)));
                        s02 = Fma.MultiplyAdd(m0, f, s02);
                        s12 = Fma.MultiplyAdd(m1, f, s12);
                        f = Vector256.Create(*(float*)(behind + (3 * Int8Per32Record.Bytes)));
                        s03 = Fma.MultiplyAdd(m0, f, s03);
                        s13 = Fma.MultiplyAdd(m1, f, s13);
                    }

                    w0 += 128;
                    w1 += 128;
                }
            }

            s00.Store(sums);
            s10.Store(sums + 8);
            s01.Store(sums + 32);
            s11.Store(sums + 40);
            s02.Store(sums + 64);
            s12.Store(sums + 72);
            s03.Store(sums + 96);
            s13.Store(sums + 104);
        }
    }

    /// <summary>Blocks of 32 quants of eight bits as int16, with f32 scales.</summary>
    [MethodImpl(MethodImplOptions.AggressiveOptimization)]
    public static void Wide32(uint* panels, int panelWords, byte* records, long recordStride, int recordCount, int tokens, float* sums)
    {
        for (; tokens > 0; tokens -= 4, records += 4 * Int16Per32Record.Bytes, sums += 4 * PanelLayout.TileRows)
        {
            byte* w0 = (byte*)panels;
            byte* w1 = w0 + 32;
            Vector256<float> s00 = Vector256.Load(sums), s10 = Vector256.Load(sums + 8);
            Vector256<float> s01 = Vector256.Load(sums + 32), s11 = Vector256.Load(sums + 40);
            Vector256<float> s02 = Vector256.Load(sums + 64), s12 = Vector256.Load(sums + 72);
            Vector256<float> s03 = Vector256.Load(sums + 96), s13 = Vector256.Load(sums + 104);
            for (int record = 0; record < recordCount; record++)
            {
                byte* x = records + (record * recordStride);
                float* scale = (float*)(x + Int16Per32Record.Scales);
                for (int block = 0; block < 8; block++, w0 += 64, w1 += 64, scale++)
                {
                    Vector256<int> c00 = Vector256<int>.Zero, c10 = c00, c01 = c00, c11 = c00, c02 = c00, c12 = c00, c03 = c00, c13 = c00;
                    for (byte* end = x + 64; x < end; w0 += 64, w1 += 64, x += 4)
                    {
                        Vector256<short> a = Vector256.Load((short*)w0);
                        Vector256<short> b = Vector256.Load((short*)w1);
                        Vector256<short> t = Broadcast(x).AsInt16();
                        c00 += Avx2.MultiplyAddAdjacent(a, t);
                        c10 += Avx2.MultiplyAddAdjacent(b, t);
                        t = Broadcast(x + Int16Per32Record.Bytes).AsInt16();
                        c01 += Avx2.MultiplyAddAdjacent(a, t);
                        c11 += Avx2.MultiplyAddAdjacent(b, t);
                        t = Broadcast(x + (2 * Int16Per32Record.Bytes)).AsInt16();
                        c02 += Avx2.MultiplyAddAdjacent(a, t);
                        c12 += Avx2.MultiplyAddAdjacent(b, t);
                        t = Broadcast(x + (3 * Int16Per32Record.Bytes)).AsInt16();
                        c03 += Avx2.MultiplyAddAdjacent(a, t);
                        c13 += Avx2.MultiplyAddAdjacent(b, t);
                    }

                    Vector256<float> d0 = Vector256.Load((float*)w0), d1 = Vector256.Load((float*)w1);
                    Vector256<float> f = Vector256.Create(scale[0]);
                    s00 = AddScaled(c00, d0 * f, s00);
                    s10 = AddScaled(c10, d1 * f, s10);
                    f = Vector256.Create(scale[Int16Per32Record.Bytes / 4]);
                    s01 = AddScaled(c01, d0 * f, s01);
                    s11 = AddScaled(c11, d1 * f, s11);
                    f = Vector256.Create(scale[2 * Int16Per32Record.Bytes / 4]);
                    s02 = AddScaled(c02, d0 * f, s02);
                    s12 = AddScaled(c12, d1 * f, s12);
                    f = Vector256.Create(scale[3 * Int16Per32Record.Bytes / 4]);
                    s03 = AddScaled(c03, d0 * f, s03);
                    s13 = AddScaled(c13, d1 * f, s13);
                }
            }

            s00.Store(sums);
            s10.Store(sums + 8);
            s01.Store(sums + 32);
            s11.Store(sums + 40);
            s02.Store(sums + 64);
            s12.Store(sums + 72);
            s03.Store(sums + 96);
            s13.Store(sums + 104);
        }
    }

    /// <summary>Super-blocks of four-bit quants with scales and minima per 32.</summary>
    [MethodImpl(MethodImplOptions.AggressiveOptimization)]
    public static void Super32(uint* panels, int panelWords, byte* records, long recordStride, int recordCount, int tokens, float* sums)
    {
        for (; tokens > 0; tokens -= 4, records += 4 * Int8Per256Record.Bytes, sums += 4 * PanelLayout.TileRows)
        {
            byte* w0 = (byte*)panels;
            byte* w1 = w0 + 32;
            for (int record = 0; record < recordCount; record++, w0 += PanelLayout.Super32.Words * 64, w1 += PanelLayout.Super32.Words * 64)
            {
                byte* x = records + (record * recordStride);
                Vector256<int> s00 = Vector256<int>.Zero, s10 = s00, s01 = s00, s11 = s00, s02 = s00, s12 = s00, s03 = s00, s13 = s00;
                for (int block = 0; block < 8; block++)
                {
                    Vector256<short> c00 = Vector256<short>.Zero, c10 = c00, c01 = c00, c11 = c00, c02 = c00, c12 = c00, c03 = c00, c13 = c00;
                    for (int step = 8 * block; step < (8 * block) + 8; step++)
                    {
                        Vector256<byte> a = Vector256.Load(w0 + (64 * step));
                        Vector256<byte> b = Vector256.Load(w1 + (64 * step));
                        Vector256<sbyte> t = Broadcast(x + (4 * step));
                        c00 += Avx2.MultiplyAddAdjacent(a, t);
                        c10 += Avx2.MultiplyAddAdjacent(b, t);
                        t = Broadcast(x + (4 * step) + Int8Per256Record.Bytes);
                        c01 += Avx2.MultiplyAddAdjacent(a, t);
                        c11 += Avx2.MultiplyAddAdjacent(b, t);
                        t = Broadcast(x + (4 * step) + (2 * Int8Per256Record.Bytes));
                        c02 += Avx2.MultiplyAddAdjacent(a, t);
                        c12 += Avx2.MultiplyAddAdjacent(b, t);
                        t = Broadcast(x + (4 * step) + (3 * Int8Per256Record.Bytes));
                        c03 += Avx2.MultiplyAddAdjacent(a, t);
                        c13 += Avx2.MultiplyAddAdjacent(b, t);
                    }

                    Vector256<short> scale0 = Vector256.Load((short*)(w0 + ((PanelLayout.Super32.Scales + block) * 64)));
                    Vector256<short> scale1 = Vector256.Load((short*)(w1 + ((PanelLayout.Super32.Scales + block) * 64)));
                    s00 += Avx2.MultiplyAddAdjacent(c00, scale0);
                    s10 += Avx2.MultiplyAddAdjacent(c10, scale1);
                    s01 += Avx2.MultiplyAddAdjacent(c01, scale0);
                    s11 += Avx2.MultiplyAddAdjacent(c11, scale1);
                    s02 += Avx2.MultiplyAddAdjacent(c02, scale0);
                    s12 += Avx2.MultiplyAddAdjacent(c12, scale1);
                    s03 += Avx2.MultiplyAddAdjacent(c03, scale0);
                    s13 += Avx2.MultiplyAddAdjacent(c13, scale1);
                }

                Vector256<float> d0 = Vector256.Load((float*)(w0 + (PanelLayout.Super32.Scale * 64)));
                Vector256<float> d1 = Vector256.Load((float*)(w1 + (PanelLayout.Super32.Scale * 64)));
                AddSuper(s00, s10, d0, d1, x, sums);
                AddSuper(s01, s11, d0, d1, x + Int8Per256Record.Bytes, sums + 32);
                AddSuper(s02, s12, d0, d1, x + (2 * Int8Per256Record.Bytes), sums + 64);
                AddSuper(s03, s13, d0, d1, x + (3 * Int8Per256Record.Bytes), sums + 96);
                SubtractMinima(
                    w0 + (PanelLayout.Super32.Minima * 64), w1 + (PanelLayout.Super32.Minima * 64), 4, PanelLayout.Super32.MinimumScale - PanelLayout.Super32.Minima,
                    x, Int8Per256Record.Sums32, sums);
            }
        }
    }

    /// <summary>Super-blocks of quants of up to five bits with scales and minima per 16.</summary>
    [MethodImpl(MethodImplOptions.AggressiveOptimization)]
    public static void Super16(uint* panels, int panelWords, byte* records, long recordStride, int recordCount, int tokens, float* sums) =>
        Super16(panels, panelWords, records, recordStride, recordCount, tokens, sums, centred: false);

    /// <summary>Super-blocks of six-bit quants less 32 with scales per 16.</summary>
    [MethodImpl(MethodImplOptions.AggressiveOptimization)]
    public static void Super16Centred(uint* panels, int panelWords, byte* records, long recordStride, int recordCount, int tokens, float* sums) =>
        Super16(panels, panelWords, records, recordStride, recordCount, tokens, sums, centred: true);

    [MethodImpl(MethodImplOptions.AggressiveInlining)]
    private static void Super16(
        uint* panels, int panelWords, byte* records, long recordStride, int recordCount, int tokens, float* sums, bool centred)
    {
        for (; tokens > 0; tokens -= 4, records += 4 * Int8Per256Record.Bytes, sums += 4 * PanelLayout.TileRows)
        {
            byte* w0 = (byte*)panels;
            byte* w1 = w0 + 32;
            for (int record = 0; record < recordCount; record++, w0 += PanelLayout.Super16.Words * 64, w1 += PanelLayout.Super16.Words * 64)
            {
                byte* x = records + (record * recordStride);
                Vector256<int> s00 = Vector256<int>.Zero, s10 = s00, s01 = s00, s11 = s00, s02 = s00, s12 = s00, s03 = s00, s13 = s00;
                for (int block = 0; block < 16; block++)
                {
                    Vector256<short> c00 = Vector256<short>.Zero, c10 = c00, c01 = c00, c11 = c00, c02 = c00, c12 = c00, c03 = c00, c13 = c00;
                    if (centred)
                    {
                        byte* offsets = x + Int8Per256Record.LaneOffsets + (4 * block);
                        c00 = c10 = Broadcast(offsets).AsInt16();
                        c01 = c11 = Broadcast(offsets + Int8Per256Record.Bytes).AsInt16();
                        c02 = c12 = Broadcast(offsets + (2 * Int8Per256Record.Bytes)).AsInt16();
                        c03 = c13 = Broadcast(offsets + (3 * Int8Per256Record.Bytes)).AsInt16();
                    }

                    for (int step = 4 * block; step < (4 * block) + 4; step++)
                    {
                        Vector256<byte> a = Vector256.Load(w0 + (64 * step));
                        Vector256<byte> b = Vector256.Load(w1 + (64 * step));
                        Vector256<sbyte> t = Broadcast(x + (4 * step));
                        c00 += Avx2.MultiplyAddAdjacent(a, t);
                        c10 += Avx2.MultiplyAddAdjacent(b, t);
                        t = Broadcast(x + (4 * step) + Int8Per256Record.Bytes);
                        c01 += Avx2.MultiplyAddAdjacent(a, t);
                        c11 += Avx2.MultiplyAddAdjacent(b, t);
                        t = Broadcast(x + (4 * step) + (2 * Int8Per256Record.Bytes));
                        c02 += Avx2.MultiplyAddAdjacent(a, t);
                        c12 += Avx2.MultiplyAddAdjacent(b, t);
                        t = Broadcast(x + (4 * step) + (3 * Int8Per256Record.Bytes));
                        c03 += Avx2.MultiplyAddAdjacent(a, t);
                        c13 += Avx2.MultiplyAddAdjacent(b, t);
                    }

                    Vector256<short> scale0 = Vector256.Load((short*)(w0 + ((PanelLayout.Super16.Scales + block) * 64)));
                    Vector256<short> scale1 = Vector256.Load((short*)(w1 + ((PanelLayout.Super16.Scales + block) * 64)));
                    s00 += Avx2.MultiplyAddAdjacent(c00, scale0);
                    s10 += Avx2.MultiplyAddAdjacent(c10, scale1);
                    s01 += Avx2.MultiplyAddAdjacent(c01, scale0);
                    s11 += Avx2.MultiplyAddAdjacent(c11, scale1);
                    s02 += Avx2.MultiplyAddAdjacent(c02, scale0);
                    s12 += Avx2.MultiplyAddAdjacent(c12, scale1);
                    s03 += Avx2.MultiplyAddAdjacent(c03, scale0);
                    s13 += Avx2.MultiplyAddAdjacent(c13, scale1);
                }

                Vector256<float> d0 = Vector256.Load((float*)(w0 + (PanelLayout.Super16.Scale * 64)));
                Vector256<float> d1 = Vector256.Load((float*)(w1 + (PanelLayout.Super16.Scale * 64)));
                AddSuper(s00, s10, d0, d1, x, sums);
                AddSuper(s01, s11, d0, d1, x + Int8Per256Record.Bytes, sums + 32);
                AddSuper(s02, s12, d0, d1, x + (2 * Int8Per256Record.Bytes), sums + 64);
                AddSuper(s03, s13, d0, d1, x + (3 * Int8Per256Record.Bytes), sums + 96);
                if (!centred)
                {
                    SubtractMinima(
                        w0 + (PanelLayout.Super16.Minima * 64), w1 + (PanelLayout.Super16.Minima * 64), 8, PanelLayout.Super16.MinimumScale - PanelLayout.Super16.Minima,
                        x, Int8Per256Record.Sums16, sums);
                }
            }
        }
    }

    /// <summary>Subtracts what minima contribute: pairs of them times pairs of activation sums.</summary>
    /// <param name="minima0">Words of the first panel; their scale stands <paramref name="scaleWord"/> words further.</param>
    /// <param name="minima1">Words of the second panel.</param>
    /// <param name="pairs">How many.</param>
    /// <param name="scaleWord">Where the scale is.</param>
    /// <param name="record">Of the first token.</param>
    /// <param name="sumsOffset">Where the record's sums are.</param>
    /// <param name="sums">[4 tokens][32 rows].</param>
    [MethodImpl(MethodImplOptions.AggressiveOptimization)]
    private static void SubtractMinima(byte* minima0, byte* minima1, int pairs, int scaleWord, byte* record, int sumsOffset, float* sums)
    {
        Vector256<int> s00 = Vector256<int>.Zero, s10 = s00, s01 = s00, s11 = s00, s02 = s00, s12 = s00, s03 = s00, s13 = s00;
        byte* x = record + sumsOffset;
        for (int pair = 0; pair < pairs; pair++, x += 4)
        {
            Vector256<short> a = Vector256.Load((short*)(minima0 + (64 * pair)));
            Vector256<short> b = Vector256.Load((short*)(minima1 + (64 * pair)));
            Vector256<short> t = Broadcast(x).AsInt16();
            s00 += Avx2.MultiplyAddAdjacent(a, t);
            s10 += Avx2.MultiplyAddAdjacent(b, t);
            t = Broadcast(x + Int8Per256Record.Bytes).AsInt16();
            s01 += Avx2.MultiplyAddAdjacent(a, t);
            s11 += Avx2.MultiplyAddAdjacent(b, t);
            t = Broadcast(x + (2 * Int8Per256Record.Bytes)).AsInt16();
            s02 += Avx2.MultiplyAddAdjacent(a, t);
            s12 += Avx2.MultiplyAddAdjacent(b, t);
            t = Broadcast(x + (3 * Int8Per256Record.Bytes)).AsInt16();
            s03 += Avx2.MultiplyAddAdjacent(a, t);
            s13 += Avx2.MultiplyAddAdjacent(b, t);
        }

        Vector256<float> d0 = -Vector256.Load((float*)(minima0 + (64 * scaleWord)));
        Vector256<float> d1 = -Vector256.Load((float*)(minima1 + (64 * scaleWord)));
        AddSuper(s00, s10, d0, d1, record, sums);
        AddSuper(s01, s11, d0, d1, record + Int8Per256Record.Bytes, sums + 32);
        AddSuper(s02, s12, d0, d1, record + (2 * Int8Per256Record.Bytes), sums + 64);
        AddSuper(s03, s13, d0, d1, record + (3 * Int8Per256Record.Bytes), sums + 96);
    }

    [MethodImpl(MethodImplOptions.AggressiveInlining)]
    private static Vector256<sbyte> Broadcast(byte* word) => Vector256.Create(*(int*)word).AsSByte();

    /// <summary>sums += integers · weight scale · activation scale, for one token and 32 rows.</summary>
    [MethodImpl(MethodImplOptions.AggressiveInlining)]
    private static void AddSuper(Vector256<int> s0, Vector256<int> s1, Vector256<float> d0, Vector256<float> d1, byte* record, float* sums)
    {
        Vector256<float> scale = Vector256.Create(*(float*)(record + Int8Per256Record.Scale));
        AddScaled(s0, d0 * scale, Vector256.Load(sums)).Store(sums);
        AddScaled(s1, d1 * scale, Vector256.Load(sums + 8)).Store(sums + 8);
    }

    [MethodImpl(MethodImplOptions.AggressiveInlining)]
    private static Vector256<float> AddScaled(Vector256<int> integers, Vector256<float> scale, Vector256<float> sum) =>
        Fma.MultiplyAdd(Avx.ConvertToVector256Single(integers), scale, sum);

    [MethodImpl(MethodImplOptions.AggressiveInlining)]
    private static Vector256<float> AddScaled(Vector256<short> pairs, Vector256<short> ones, Vector256<float> scale, Vector256<float> sum) =>
        AddScaled(Avx2.MultiplyAddAdjacent(pairs, ones), scale, sum);
}
