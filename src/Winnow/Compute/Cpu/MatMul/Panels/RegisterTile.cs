using System.Runtime.CompilerServices;
using Winnow.Compute.Cpu.MatMul.Lanes;
using Winnow.Compute.Cpu.MatMul.Records;
using Winnow.Quantization.Layouts;

namespace Winnow.Compute.Cpu.MatMul.Panels;

/// <summary>
/// Two vectors of weight rows times four tokens at a time, or one: the kernels of prompt processing, on every instruction set.
/// </summary>
/// <remarks>
/// Every vector holds one word of as many rows as it has lanes; a token's word is broadcast to all lanes. How lanes sum up quants is
/// <typeparamref name="TLanes"/>'s: as pairs of int16, for as long as they provably fit, or in int32. Where vectors are of 512 bits,
/// eight accumulators of lanes and eight of sums, two weights and one activation fit the 32 registers.
/// <para>
/// All kernels take: panels, [word][16 rows], from the first row on that is multiplied; the words of a panel; activation records,
/// [record][token]; the bytes from a token's record to its next; the records that the panels span; the tokens, a multiple of
/// those at a time; sums, [token][32 rows], added to.
/// </para>
/// </remarks>
/// <typeparam name="TLanes">The arithmetic.</typeparam>
/// <typeparam name="TMore">
/// That of the second to the fourth token: the same, or <see cref="NoLanes{TVector}"/> where one goes alone.
/// </typeparam>
/// <typeparam name="TVector">The vector of the lanes.</typeparam>
internal static unsafe class RegisterTile<TLanes, TMore, TVector>
    where TLanes : ILanes<TVector>
    where TMore : ILanes<TVector>
    where TVector : struct
{
    private const int Rows = PanelLayout.Rows;

    /// <summary>Bytes from a word of a panel to its next.</summary>
    private const int WordBytes = PanelLayout.WordBytes;

    /// <summary>Where the sums of the second token begin, and of the third and fourth.</summary>
    private const int Token1 = PanelLayout.TileRows;
    private const int Token2 = 2 * PanelLayout.TileRows;
    private const int Token3 = 3 * PanelLayout.TileRows;

    /// <summary>Tokens at a time.</summary>
    private static int Tokens => TMore.Count == 0 ? 1 : PanelLayout.TileTokens;

    /// <summary>f32 weights and activations.</summary>
    [MethodImpl(MethodImplOptions.AggressiveOptimization)]
    public static void Float(uint* panels, int panelWords, byte* records, long recordStride, int recordCount, int tokens, float* sums)
    {
        for (; tokens > 0; tokens -= Tokens, records += Tokens * FloatRecord.Bytes, sums += Tokens * PanelLayout.TileRows)
        {
            float* w0 = (float*)panels;
            float* w1 = w0 + (SecondVector(panelWords) / sizeof(float));
            for (int record = 0; record < recordCount; record++)
            {
                float* x0 = (float*)(records + (record * recordStride));
                float* x1 = x0 + FloatRecord.Length;
                float* x2 = x1 + FloatRecord.Length;
                float* x3 = x2 + FloatRecord.Length;
                TVector s00 = TLanes.Load(sums), s10 = TLanes.Load(sums + TLanes.Count);
                TVector s01 = TMore.Load(sums + Token1), s11 = TMore.Load(sums + Token1 + TLanes.Count);
                TVector s02 = TMore.Load(sums + Token2), s12 = TMore.Load(sums + Token2 + TLanes.Count);
                TVector s03 = TMore.Load(sums + Token3), s13 = TMore.Load(sums + Token3 + TLanes.Count);
                for (int i = 0; i < FloatRecord.Length; i++, w0 += Rows, w1 += Rows)
                {
                    TVector a = TLanes.Load(w0);
                    TVector b = TLanes.Load(w1);
                    TVector x = TLanes.Broadcast(x0 + i);
                    s00 = TLanes.MultiplyAdd(a, x, s00);
                    s10 = TLanes.MultiplyAdd(b, x, s10);
                    x = TMore.Broadcast(x1 + i);
                    s01 = TMore.MultiplyAdd(a, x, s01);
                    s11 = TMore.MultiplyAdd(b, x, s11);
                    x = TMore.Broadcast(x2 + i);
                    s02 = TMore.MultiplyAdd(a, x, s02);
                    s12 = TMore.MultiplyAdd(b, x, s12);
                    x = TMore.Broadcast(x3 + i);
                    s03 = TMore.MultiplyAdd(a, x, s03);
                    s13 = TMore.MultiplyAdd(b, x, s13);
                }

                TLanes.Store(s00, sums);
                TLanes.Store(s10, sums + TLanes.Count);
                TMore.Store(s01, sums + Token1);
                TMore.Store(s11, sums + Token1 + TLanes.Count);
                TMore.Store(s02, sums + Token2);
                TMore.Store(s12, sums + Token2 + TLanes.Count);
                TMore.Store(s03, sums + Token3);
                TMore.Store(s13, sums + Token3 + TLanes.Count);
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
        for (; tokens > 0; tokens -= Tokens, records += Tokens * Int8Per32Record.Bytes, sums += Tokens * PanelLayout.TileRows)
        {
            byte* w0 = (byte*)panels;
            byte* w1 = w0 + SecondVector(panelWords);
            TVector s00 = TLanes.Load(sums), s10 = TLanes.Load(sums + TLanes.Count);
            TVector s01 = TMore.Load(sums + Token1), s11 = TMore.Load(sums + Token1 + TLanes.Count);
            TVector s02 = TMore.Load(sums + Token2), s12 = TMore.Load(sums + Token2 + TLanes.Count);
            TVector s03 = TMore.Load(sums + Token3), s13 = TMore.Load(sums + Token3 + TLanes.Count);
            for (int record = 0; record < recordCount; record++)
            {
                byte* x = records + (record * recordStride);
                byte* factors = x + Int8Per32Record.Scales;
                for (int block = 0; block < 8; block++, factors += 4)
                {
                    const int OffsetsBehind = Int8Per32Record.LaneOffsets - Int8Per32Record.Scales;
                    TVector c00, c10, c01, c11, c02, c12, c03, c13;
                    c00 = c10 = TLanes.Start(TLanes.Broadcast(factors + OffsetsBehind));
                    c01 = c11 = TMore.Start(TMore.Broadcast(factors + OffsetsBehind + Int8Per32Record.Bytes));
                    c02 = c12 = TMore.Start(TMore.Broadcast(factors + OffsetsBehind + (2 * Int8Per32Record.Bytes)));
                    c03 = c13 = TMore.Start(TMore.Broadcast(factors + OffsetsBehind + (3 * Int8Per32Record.Bytes)));
                    for (byte* end = x + 32; x < end; w0 += WordBytes, w1 += WordBytes, x += 4)
                    {
                        TVector a = TLanes.Load(w0);
                        TVector b = TLanes.Load(w1);
                        TVector t = TLanes.Broadcast(x);
                        c00 = TLanes.AddQuads(c00, a, t);
                        c10 = TLanes.AddQuads(c10, b, t);
                        t = TMore.Broadcast(x + Int8Per32Record.Bytes);
                        c01 = TMore.AddQuads(c01, a, t);
                        c11 = TMore.AddQuads(c11, b, t);
                        t = TMore.Broadcast(x + (2 * Int8Per32Record.Bytes));
                        c02 = TMore.AddQuads(c02, a, t);
                        c12 = TMore.AddQuads(c12, b, t);
                        t = TMore.Broadcast(x + (3 * Int8Per32Record.Bytes));
                        c03 = TMore.AddQuads(c03, a, t);
                        c13 = TMore.AddQuads(c13, b, t);
                    }

                    TVector d0 = TLanes.Load(w0), d1 = TLanes.Load(w1);
                    TVector f = TLanes.Broadcast(factors);
                    s00 = TLanes.MultiplyAdd(TLanes.ToSingle(TLanes.Sums(c00)), TLanes.Multiply(d0, f), s00);
                    s10 = TLanes.MultiplyAdd(TLanes.ToSingle(TLanes.Sums(c10)), TLanes.Multiply(d1, f), s10);
                    f = TMore.Broadcast(factors + Int8Per32Record.Bytes);
                    s01 = TMore.MultiplyAdd(TMore.ToSingle(TMore.Sums(c01)), TMore.Multiply(d0, f), s01);
                    s11 = TMore.MultiplyAdd(TMore.ToSingle(TMore.Sums(c11)), TMore.Multiply(d1, f), s11);
                    f = TMore.Broadcast(factors + (2 * Int8Per32Record.Bytes));
                    s02 = TMore.MultiplyAdd(TMore.ToSingle(TMore.Sums(c02)), TMore.Multiply(d0, f), s02);
                    s12 = TMore.MultiplyAdd(TMore.ToSingle(TMore.Sums(c12)), TMore.Multiply(d1, f), s12);
                    f = TMore.Broadcast(factors + (3 * Int8Per32Record.Bytes));
                    s03 = TMore.MultiplyAdd(TMore.ToSingle(TMore.Sums(c03)), TMore.Multiply(d0, f), s03);
                    s13 = TMore.MultiplyAdd(TMore.ToSingle(TMore.Sums(c13)), TMore.Multiply(d1, f), s13);
                    if (minima)
                    {
                        TVector m0 = TLanes.Load(w0 + WordBytes), m1 = TLanes.Load(w1 + WordBytes);
                        byte* behind = factors + Int8Per32Record.Sums - Int8Per32Record.Scales;
                        f = TLanes.Broadcast(behind);
                        s00 = TLanes.MultiplyAdd(m0, f, s00);
                        s10 = TLanes.MultiplyAdd(m1, f, s10);
                        f = TMore.Broadcast(behind + Int8Per32Record.Bytes);
                        s01 = TMore.MultiplyAdd(m0, f, s01);
                        s11 = TMore.MultiplyAdd(m1, f, s11);
                        f = TMore.Broadcast(behind + (2 * Int8Per32Record.Bytes));
                        s02 = TMore.MultiplyAdd(m0, f, s02);
                        s12 = TMore.MultiplyAdd(m1, f, s12);
                        f = TMore.Broadcast(behind + (3 * Int8Per32Record.Bytes));
                        s03 = TMore.MultiplyAdd(m0, f, s03);
                        s13 = TMore.MultiplyAdd(m1, f, s13);
                    }

                    w0 += 2 * WordBytes;
                    w1 += 2 * WordBytes;
                }
            }

            TLanes.Store(s00, sums);
            TLanes.Store(s10, sums + TLanes.Count);
            TMore.Store(s01, sums + Token1);
            TMore.Store(s11, sums + Token1 + TLanes.Count);
            TMore.Store(s02, sums + Token2);
            TMore.Store(s12, sums + Token2 + TLanes.Count);
            TMore.Store(s03, sums + Token3);
            TMore.Store(s13, sums + Token3 + TLanes.Count);
        }
    }

    /// <summary>Blocks of 32 quants of eight bits as int16, with f32 scales.</summary>
    [MethodImpl(MethodImplOptions.AggressiveOptimization)]
    public static void Wide32(uint* panels, int panelWords, byte* records, long recordStride, int recordCount, int tokens, float* sums) =>
        Wide(panels, panelWords, records, recordStride, recordCount, tokens, sums, parts: 1);

    /// <summary>The same with a scale for each 16.</summary>
    [MethodImpl(MethodImplOptions.AggressiveOptimization)]
    public static void Wide16(uint* panels, int panelWords, byte* records, long recordStride, int recordCount, int tokens, float* sums) =>
        Wide(panels, panelWords, records, recordStride, recordCount, tokens, sums, parts: 2);

    /// <remarks>A block of 32 has one part or two, a literal, each with a scale of its own.</remarks>
    [MethodImpl(MethodImplOptions.AggressiveInlining)]
    private static void Wide(
        uint* panels, int panelWords, byte* records, long recordStride, int recordCount, int tokens, float* sums, int parts)
    {
        for (; tokens > 0; tokens -= Tokens, records += Tokens * Int16Per32Record.Bytes, sums += Tokens * PanelLayout.TileRows)
        {
            byte* w0 = (byte*)panels;
            byte* w1 = w0 + SecondVector(panelWords);
            TVector s00 = TLanes.Load(sums), s10 = TLanes.Load(sums + TLanes.Count);
            TVector s01 = TMore.Load(sums + Token1), s11 = TMore.Load(sums + Token1 + TLanes.Count);
            TVector s02 = TMore.Load(sums + Token2), s12 = TMore.Load(sums + Token2 + TLanes.Count);
            TVector s03 = TMore.Load(sums + Token3), s13 = TMore.Load(sums + Token3 + TLanes.Count);
            for (int record = 0; record < recordCount; record++)
            {
                byte* x = records + (record * recordStride);
                float* scale = (float*)(x + Int16Per32Record.Scales);
                for (int part = 0; part < 8 * parts; part++, w0 += WordBytes, w1 += WordBytes, scale += parts == 1 ? 1 : 1 - (part & 1))
                {
                    TVector c00 = TLanes.Zero, c10 = c00, c01 = c00, c11 = c00, c02 = c00, c12 = c00, c03 = c00, c13 = c00;
                    for (byte* end = x + (64 / parts); x < end; w0 += WordBytes, w1 += WordBytes, x += 4)
                    {
                        TVector a = TLanes.Load(w0);
                        TVector b = TLanes.Load(w1);
                        TVector t = TLanes.Broadcast(x);
                        c00 = TLanes.AddPairs(c00, a, t);
                        c10 = TLanes.AddPairs(c10, b, t);
                        t = TMore.Broadcast(x + Int16Per32Record.Bytes);
                        c01 = TMore.AddPairs(c01, a, t);
                        c11 = TMore.AddPairs(c11, b, t);
                        t = TMore.Broadcast(x + (2 * Int16Per32Record.Bytes));
                        c02 = TMore.AddPairs(c02, a, t);
                        c12 = TMore.AddPairs(c12, b, t);
                        t = TMore.Broadcast(x + (3 * Int16Per32Record.Bytes));
                        c03 = TMore.AddPairs(c03, a, t);
                        c13 = TMore.AddPairs(c13, b, t);
                    }

                    TVector d0 = TLanes.Load(w0), d1 = TLanes.Load(w1);
                    TVector f = TLanes.Broadcast(scale);
                    s00 = TLanes.MultiplyAdd(TLanes.ToSingle(c00), TLanes.Multiply(d0, f), s00);
                    s10 = TLanes.MultiplyAdd(TLanes.ToSingle(c10), TLanes.Multiply(d1, f), s10);
                    f = TMore.Broadcast(scale + (Int16Per32Record.Bytes / 4));
                    s01 = TMore.MultiplyAdd(TMore.ToSingle(c01), TMore.Multiply(d0, f), s01);
                    s11 = TMore.MultiplyAdd(TMore.ToSingle(c11), TMore.Multiply(d1, f), s11);
                    f = TMore.Broadcast(scale + (2 * Int16Per32Record.Bytes / 4));
                    s02 = TMore.MultiplyAdd(TMore.ToSingle(c02), TMore.Multiply(d0, f), s02);
                    s12 = TMore.MultiplyAdd(TMore.ToSingle(c12), TMore.Multiply(d1, f), s12);
                    f = TMore.Broadcast(scale + (3 * Int16Per32Record.Bytes / 4));
                    s03 = TMore.MultiplyAdd(TMore.ToSingle(c03), TMore.Multiply(d0, f), s03);
                    s13 = TMore.MultiplyAdd(TMore.ToSingle(c13), TMore.Multiply(d1, f), s13);
                }
            }

            TLanes.Store(s00, sums);
            TLanes.Store(s10, sums + TLanes.Count);
            TMore.Store(s01, sums + Token1);
            TMore.Store(s11, sums + Token1 + TLanes.Count);
            TMore.Store(s02, sums + Token2);
            TMore.Store(s12, sums + Token2 + TLanes.Count);
            TMore.Store(s03, sums + Token3);
            TMore.Store(s13, sums + Token3 + TLanes.Count);
        }
    }

    /// <summary>Super-blocks of four-bit quants with scales and minima per 32.</summary>
    [MethodImpl(MethodImplOptions.AggressiveOptimization)]
    public static void Super32(uint* panels, int panelWords, byte* records, long recordStride, int recordCount, int tokens, float* sums)
    {
        for (; tokens > 0; tokens -= Tokens, records += Tokens * Int8Per256Record.Bytes, sums += Tokens * PanelLayout.TileRows)
        {
            byte* w0 = (byte*)panels;
            byte* w1 = w0 + SecondVector(panelWords);
            for (int record = 0; record < recordCount; record++, w0 += BlockWords.Super32.Words * WordBytes, w1 += BlockWords.Super32.Words * WordBytes)
            {
                byte* x = records + (record * recordStride);
                TVector s00 = TLanes.Zero, s10 = s00, s01 = s00, s11 = s00, s02 = s00, s12 = s00, s03 = s00, s13 = s00;
                for (int block = 0; block < 8; block++)
                {
                    TVector c00 = TLanes.Zero, c10 = c00, c01 = c00, c11 = c00, c02 = c00, c12 = c00, c03 = c00, c13 = c00;
                    for (int step = 8 * block; step < (8 * block) + 8; step++)
                    {
                        TVector a = TLanes.Load(w0 + (WordBytes * step));
                        TVector b = TLanes.Load(w1 + (WordBytes * step));
                        TVector t = TLanes.Broadcast(x + (4 * step));
                        c00 = TLanes.AddQuads(c00, a, t);
                        c10 = TLanes.AddQuads(c10, b, t);
                        t = TMore.Broadcast(x + (4 * step) + Int8Per256Record.Bytes);
                        c01 = TMore.AddQuads(c01, a, t);
                        c11 = TMore.AddQuads(c11, b, t);
                        t = TMore.Broadcast(x + (4 * step) + (2 * Int8Per256Record.Bytes));
                        c02 = TMore.AddQuads(c02, a, t);
                        c12 = TMore.AddQuads(c12, b, t);
                        t = TMore.Broadcast(x + (4 * step) + (3 * Int8Per256Record.Bytes));
                        c03 = TMore.AddQuads(c03, a, t);
                        c13 = TMore.AddQuads(c13, b, t);
                    }

                    TVector scale0 = TLanes.Scales(TLanes.Load(w0 + ((BlockWords.Super32.Scales + block) * WordBytes)));
                    TVector scale1 = TLanes.Scales(TLanes.Load(w1 + ((BlockWords.Super32.Scales + block) * WordBytes)));
                    s00 = TLanes.AddScaled(s00, c00, scale0);
                    s10 = TLanes.AddScaled(s10, c10, scale1);
                    s01 = TMore.AddScaled(s01, c01, scale0);
                    s11 = TMore.AddScaled(s11, c11, scale1);
                    s02 = TMore.AddScaled(s02, c02, scale0);
                    s12 = TMore.AddScaled(s12, c12, scale1);
                    s03 = TMore.AddScaled(s03, c03, scale0);
                    s13 = TMore.AddScaled(s13, c13, scale1);
                }

                TVector d0 = TLanes.Load(w0 + (BlockWords.Super32.Scale * WordBytes));
                TVector d1 = TLanes.Load(w1 + (BlockWords.Super32.Scale * WordBytes));
                AddSuper<TLanes>(s00, s10, d0, d1, x, sums);
                AddSuper<TMore>(s01, s11, d0, d1, x + Int8Per256Record.Bytes, sums + Token1);
                AddSuper<TMore>(s02, s12, d0, d1, x + (2 * Int8Per256Record.Bytes), sums + Token2);
                AddSuper<TMore>(s03, s13, d0, d1, x + (3 * Int8Per256Record.Bytes), sums + Token3);
                SubtractMinima(
                    w0 + (BlockWords.Super32.Minima * WordBytes), w1 + (BlockWords.Super32.Minima * WordBytes), 4, BlockWords.Super32.MinimumScale - BlockWords.Super32.Minima,
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
        for (; tokens > 0; tokens -= Tokens, records += Tokens * Int8Per256Record.Bytes, sums += Tokens * PanelLayout.TileRows)
        {
            byte* w0 = (byte*)panels;
            byte* w1 = w0 + SecondVector(panelWords);
            for (int record = 0; record < recordCount; record++, w0 += BlockWords.Super16.Words * WordBytes, w1 += BlockWords.Super16.Words * WordBytes)
            {
                byte* x = records + (record * recordStride);
                TVector s00 = TLanes.Zero, s10 = s00, s01 = s00, s11 = s00, s02 = s00, s12 = s00, s03 = s00, s13 = s00;
                for (int block = 0; block < 16; block++)
                {
                    TVector c00 = TLanes.Zero, c10 = c00, c01 = c00, c11 = c00, c02 = c00, c12 = c00, c03 = c00, c13 = c00;
                    if (centred)
                    {
                        byte* offsets = x + Int8Per256Record.LaneOffsets + (4 * block);
                        c00 = c10 = TLanes.Start(TLanes.Broadcast(offsets));
                        c01 = c11 = TMore.Start(TMore.Broadcast(offsets + Int8Per256Record.Bytes));
                        c02 = c12 = TMore.Start(TMore.Broadcast(offsets + (2 * Int8Per256Record.Bytes)));
                        c03 = c13 = TMore.Start(TMore.Broadcast(offsets + (3 * Int8Per256Record.Bytes)));
                    }

                    for (int step = 4 * block; step < (4 * block) + 4; step++)
                    {
                        TVector a = TLanes.Load(w0 + (WordBytes * step));
                        TVector b = TLanes.Load(w1 + (WordBytes * step));
                        TVector t = TLanes.Broadcast(x + (4 * step));
                        c00 = TLanes.AddQuads(c00, a, t);
                        c10 = TLanes.AddQuads(c10, b, t);
                        t = TMore.Broadcast(x + (4 * step) + Int8Per256Record.Bytes);
                        c01 = TMore.AddQuads(c01, a, t);
                        c11 = TMore.AddQuads(c11, b, t);
                        t = TMore.Broadcast(x + (4 * step) + (2 * Int8Per256Record.Bytes));
                        c02 = TMore.AddQuads(c02, a, t);
                        c12 = TMore.AddQuads(c12, b, t);
                        t = TMore.Broadcast(x + (4 * step) + (3 * Int8Per256Record.Bytes));
                        c03 = TMore.AddQuads(c03, a, t);
                        c13 = TMore.AddQuads(c13, b, t);
                    }

                    TVector scale0 = TLanes.Scales(TLanes.Load(w0 + ((BlockWords.Super16.Scales + block) * WordBytes)));
                    TVector scale1 = TLanes.Scales(TLanes.Load(w1 + ((BlockWords.Super16.Scales + block) * WordBytes)));
                    s00 = TLanes.AddScaled(s00, c00, scale0);
                    s10 = TLanes.AddScaled(s10, c10, scale1);
                    s01 = TMore.AddScaled(s01, c01, scale0);
                    s11 = TMore.AddScaled(s11, c11, scale1);
                    s02 = TMore.AddScaled(s02, c02, scale0);
                    s12 = TMore.AddScaled(s12, c12, scale1);
                    s03 = TMore.AddScaled(s03, c03, scale0);
                    s13 = TMore.AddScaled(s13, c13, scale1);
                }

                TVector d0 = TLanes.Load(w0 + (BlockWords.Super16.Scale * WordBytes));
                TVector d1 = TLanes.Load(w1 + (BlockWords.Super16.Scale * WordBytes));
                AddSuper<TLanes>(s00, s10, d0, d1, x, sums);
                AddSuper<TMore>(s01, s11, d0, d1, x + Int8Per256Record.Bytes, sums + Token1);
                AddSuper<TMore>(s02, s12, d0, d1, x + (2 * Int8Per256Record.Bytes), sums + Token2);
                AddSuper<TMore>(s03, s13, d0, d1, x + (3 * Int8Per256Record.Bytes), sums + Token3);
                if (!centred)
                {
                    SubtractMinima(
                        w0 + (BlockWords.Super16.Minima * WordBytes), w1 + (BlockWords.Super16.Minima * WordBytes), 8, BlockWords.Super16.MinimumScale - BlockWords.Super16.Minima,
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
    /// <param name="sums">[4 tokens][32 rows], from the first row on.</param>
    [MethodImpl(MethodImplOptions.AggressiveOptimization)]
    private static void SubtractMinima(byte* minima0, byte* minima1, int pairs, int scaleWord, byte* record, int sumsOffset, float* sums)
    {
        TVector s00 = TLanes.Zero, s10 = s00, s01 = s00, s11 = s00, s02 = s00, s12 = s00, s03 = s00, s13 = s00;
        byte* x = record + sumsOffset;
        for (int pair = 0; pair < pairs; pair++, x += 4)
        {
            TVector a = TLanes.Load(minima0 + (WordBytes * pair));
            TVector b = TLanes.Load(minima1 + (WordBytes * pair));
            TVector t = TLanes.Broadcast(x);
            s00 = TLanes.AddPairs(s00, a, t);
            s10 = TLanes.AddPairs(s10, b, t);
            t = TMore.Broadcast(x + Int8Per256Record.Bytes);
            s01 = TMore.AddPairs(s01, a, t);
            s11 = TMore.AddPairs(s11, b, t);
            t = TMore.Broadcast(x + (2 * Int8Per256Record.Bytes));
            s02 = TMore.AddPairs(s02, a, t);
            s12 = TMore.AddPairs(s12, b, t);
            t = TMore.Broadcast(x + (3 * Int8Per256Record.Bytes));
            s03 = TMore.AddPairs(s03, a, t);
            s13 = TMore.AddPairs(s13, b, t);
        }

        TVector d0 = TLanes.Negate(TLanes.Load(minima0 + (WordBytes * scaleWord)));
        TVector d1 = TLanes.Negate(TLanes.Load(minima1 + (WordBytes * scaleWord)));
        AddSuper<TLanes>(s00, s10, d0, d1, record, sums);
        AddSuper<TMore>(s01, s11, d0, d1, record + Int8Per256Record.Bytes, sums + Token1);
        AddSuper<TMore>(s02, s12, d0, d1, record + (2 * Int8Per256Record.Bytes), sums + Token2);
        AddSuper<TMore>(s03, s13, d0, d1, record + (3 * Int8Per256Record.Bytes), sums + Token3);
    }

    /// <summary>sums += integers · weight scale · activation scale, for one token.</summary>
    [MethodImpl(MethodImplOptions.AggressiveInlining)]
    private static void AddSuper<TToken>(TVector s0, TVector s1, TVector d0, TVector d1, byte* record, float* sums)
        where TToken : ILanes<TVector>
    {
        TVector scale = TToken.Broadcast(record + Int8Per256Record.Scale);
        TToken.Store(TToken.MultiplyAdd(TToken.ToSingle(s0), TToken.Multiply(d0, scale), TToken.Load(sums)), sums);
        sums += TLanes.Count;
        TToken.Store(TToken.MultiplyAdd(TToken.ToSingle(s1), TToken.Multiply(d1, scale), TToken.Load(sums)), sums);
    }

    /// <summary>Bytes from a word of the first rows to the same word of the rows after them: in the next panel where a vector holds a whole one.</summary>
    [MethodImpl(MethodImplOptions.AggressiveInlining)]
    private static long SecondVector(int panelWords) => TLanes.Count == Rows ? (long)panelWords * Rows * sizeof(uint) : TLanes.Count * sizeof(uint);
}
