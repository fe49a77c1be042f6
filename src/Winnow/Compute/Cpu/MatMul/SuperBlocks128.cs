using System.Runtime.CompilerServices;
using System.Runtime.Intrinsics;

namespace Winnow.Compute.Cpu.MatMul;

/// <summary>The K-quants as <see cref="ISuperBlock128"/>; <see cref="SuperBlocks"/> says what their bytes hold.</summary>
internal static unsafe class SuperBlocks128
{
    public readonly struct Q2_K : ISuperBlock128
    {
        public static int Bytes => SuperBlocks.Q2_K.Bytes;

        public static int Words => PanelLayout.Super16.Words;

        public static bool Centred => false;

        [MethodImpl(MethodImplOptions.AggressiveInlining)]
        public static void Unpack(byte* block, uint* words)
        {
            byte* quants = (byte*)words;
            for (int part = 0; part < 8; part++)
            {
                byte* packed = block + 16 + (32 * (part / 4));
                for (int i = 0; i < 32; i += 16, quants += 16)
                {
                    Bits(packed + i, 2 * (part % 4), 3).Store(quants);
                }
            }

            StoreScales((Vector128.Load(block) & Vector128.Create((byte)15)).AsSByte(), words);
            StoreMinima(Vector128.Load(block) >> 4, words);
            StoreMultipliers(SuperBlocks.TwoHalves(block + 80), words + PanelLayout.Super16.Scale);
        }
    }

    public readonly struct Q3_K : ISuperBlock128
    {
        public static int Bytes => SuperBlocks.Q3_K.Bytes;

        public static int Words => PanelLayout.Super16.Words;

        public static bool Centred => true;

        /// <summary>Eightfold quants and an eighth of the scale turn the offset of 4 into 32.</summary>
        [MethodImpl(MethodImplOptions.AggressiveInlining)]
        public static void Unpack(byte* block, uint* words)
        {
            byte* quants = (byte*)words;
            for (int part = 0; part < 8; part++)
            {
                byte* packed = block + 32 + (32 * (part / 4));
                for (int i = 0; i < 32; i += 16, quants += 16)
                {
                    Vector128<byte> low = Bits(packed + i, 2 * (part % 4), 3) << 3;
                    (low | (Bits(block + i, part, 1) << 5)).Store(quants);
                }
            }

            StoreScales(SuperBlocks.SixBitScales(block + 96) - Vector128.Create((sbyte)32), words);
            ((float*)words)[PanelLayout.Super16.Scale] = HalfBits.ToSingle(*(ushort*)(block + 108)) * 0.125f;
        }
    }

    public readonly struct Q4_K : ISuperBlock128
    {
        public static int Bytes => SuperBlocks.Q4_K.Bytes;

        public static int Words => PanelLayout.Super32.Words;

        public static bool Centred => false;

        [MethodImpl(MethodImplOptions.AggressiveInlining)]
        public static void Unpack(byte* block, uint* words)
        {
            byte* quants = (byte*)words;
            for (int i = 0; i < 128; i += 32, quants += 64)
            {
                Vector128<byte> first = Vector128.Load(block + 16 + i), second = Vector128.Load(block + 32 + i);
                (first & Vector128.Create((byte)15)).Store(quants);
                (second & Vector128.Create((byte)15)).Store(quants + 16);
                (first >> 4).Store(quants + 32);
                (second >> 4).Store(quants + 48);
            }

            Vector128<byte> factors = SuperBlocks.ScalesThenMinima(block + 4);
            Vector128<short> scales = Vector128.WidenLower(factors).AsInt16();
            Twice(Vector128.WidenLower(scales)).Store(words + PanelLayout.Super32.Scales);
            Twice(Vector128.WidenUpper(scales)).Store(words + PanelLayout.Super32.Scales + 4);
            Vector128.WidenUpper(factors).Store((ushort*)(words + PanelLayout.Super32.Minima));
            StoreMultipliers(SuperBlocks.TwoHalves(block), words + PanelLayout.Super32.Scale);
        }
    }

    public readonly struct Q5_K : ISuperBlock128
    {
        public static int Bytes => SuperBlocks.Q5_K.Bytes;

        public static int Words => PanelLayout.Super16.Words;

        public static bool Centred => false;

        /// <summary>Scales and minima of 32 are given twice, to each 16: see <see cref="UnpackSuperBlocks.Q5_K"/>.</summary>
        [MethodImpl(MethodImplOptions.AggressiveInlining)]
        public static void Unpack(byte* block, uint* words)
        {
            byte* quants = (byte*)words;
            for (int part = 0; part < 8; part++)
            {
                byte* packed = block + 48 + (32 * (part / 2));
                for (int i = 0; i < 32; i += 16, quants += 16)
                {
                    (Bits(packed + i, 4 * (part % 2), 15) | (Bits(block + 16 + i, part, 1) << 4)).Store(quants);
                }
            }

            Vector128<byte> factors = SuperBlocks.ScalesThenMinima(block + 4);
            Vector128<ushort> scales = Vector128.WidenLower(factors), minima = Vector128.WidenUpper(factors);
            StoreScales((scales | (scales << 8)).AsSByte(), words);
            StoreMinima((minima | (minima << 8)).AsByte(), words);
            StoreMultipliers(SuperBlocks.TwoHalves(block), words + PanelLayout.Super16.Scale);
        }
    }

    public readonly struct Q6_K : ISuperBlock128
    {
        public static int Bytes => SuperBlocks.Q6_K.Bytes;

        public static int Words => PanelLayout.Super16.Words;

        public static bool Centred => true;

        [MethodImpl(MethodImplOptions.AggressiveInlining)]
        public static void Unpack(byte* block, uint* words)
        {
            byte* quants = (byte*)words;
            for (int part = 0; part < 8; part++)
            {
                byte* low = block + (64 * (part / 4)) + (32 * (part % 2));
                byte* high = block + 128 + (32 * (part / 4));
                for (int i = 0; i < 32; i += 16, quants += 16)
                {
                    (Bits(low + i, part % 4 / 2 * 4, 15) | (Bits(high + i, 2 * (part % 4), 3) << 4)).Store(quants);
                }
            }

            StoreScales(Vector128.Load((sbyte*)block + 192), words);
            ((float*)words)[PanelLayout.Super16.Scale] = HalfBits.ToSingle(*(ushort*)(block + 208));
        }
    }

    /// <summary>Some bits of each of 16 bytes.</summary>
    [MethodImpl(MethodImplOptions.AggressiveInlining)]
    private static Vector128<byte> Bits(byte* packed, int first, byte mask) =>
        (Vector128.Load((ushort*)packed) >> first).AsByte() & Vector128.Create(mask);

    /// <summary>Each of the sixteen scales twice.</summary>
    [MethodImpl(MethodImplOptions.AggressiveInlining)]
    private static void StoreScales(Vector128<sbyte> scales, uint* words)
    {
        (Vector128<short> low, Vector128<short> high) = Vector128.Widen(scales);
        uint* target = words + PanelLayout.Super16.Scales;
        Twice(Vector128.WidenLower(low)).Store(target);
        Twice(Vector128.WidenUpper(low)).Store(target + 4);
        Twice(Vector128.WidenLower(high)).Store(target + 8);
        Twice(Vector128.WidenUpper(high)).Store(target + 12);
    }

    [MethodImpl(MethodImplOptions.AggressiveInlining)]
    private static void StoreMinima(Vector128<byte> minima, uint* words)
    {
        (Vector128<ushort> low, Vector128<ushort> high) = Vector128.Widen(minima);
        low.Store((ushort*)(words + PanelLayout.Super16.Minima));
        high.Store((ushort*)(words + PanelLayout.Super16.Minima) + 8);
    }

    /// <summary>An int16 in both halves of its lane.</summary>
    [MethodImpl(MethodImplOptions.AggressiveInlining)]
    private static Vector128<uint> Twice(Vector128<int> values) => ((values & Vector128.Create(0xFFFF)) | (values << 16)).AsUInt32();

    [MethodImpl(MethodImplOptions.AggressiveInlining)]
    private static void StoreMultipliers(Vector128<float> multipliers, uint* words) => multipliers.GetLower().Store((float*)words);
}
