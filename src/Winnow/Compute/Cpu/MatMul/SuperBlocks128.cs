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

        [MethodImpl(MethodImplOptions.AggressiveInlining)]
        public static void Unpack(byte* block, uint* words)
        {
            byte* packed = block + 16;
            byte* quants = (byte*)words;
            for (int half = 0; half < 2; half++, quants += 96)
            {
                for (int i = 0; i < 2; i++, packed += 16, quants += 16)
                {
                    Vector128<ushort> bits = Vector128.Load((ushort*)packed);
                    Vector128<byte> mask = Vector128.Create((byte)3);
                    (bits.AsByte() & mask).Store(quants);
                    ((bits >> 2).AsByte() & mask).Store(quants + 32);
                    ((bits >> 4).AsByte() & mask).Store(quants + 64);
                    ((bits >> 6).AsByte() & mask).Store(quants + 96);
                }
            }

            StoreScales((Vector128.Load(block) & Vector128.Create((byte)15)).AsSByte(), words);
            StoreMinima((Vector128.Load(block) >> 4).AsSByte(), words);
            StoreMultipliers((ushort*)(block + 80), words + PanelLayout.Super16.Scale);
        }
    }

    public readonly struct Q3_K : ISuperBlock128
    {
        public static int Bytes => SuperBlocks.Q3_K.Bytes;

        public static int Words => PanelLayout.Super16.Words;

        /// <summary>Eightfold quants and an eighth of the scale turn the offset of 4 into 32.</summary>
        [MethodImpl(MethodImplOptions.AggressiveInlining)]
        public static void Unpack(byte* block, uint* words)
        {
            byte* packed = block + 32;
            byte* quants = (byte*)words;
            for (int half = 0; half < 2; half++, quants += 96)
            {
                for (int i = 0; i < 2; i++, packed += 16, quants += 16)
                {
                    Vector128<ushort> bits = Vector128.Load((ushort*)packed);
                    Vector128<ushort> third = Vector128.Load((ushort*)(block + (16 * i))) >> (4 * half);
                    Vector128<byte> low = Vector128.Create((byte)0x18), high = Vector128.Create((byte)0x20);
                    (((bits << 3).AsByte() & low) | ((third << 5).AsByte() & high)).Store(quants);
                    (((bits << 1).AsByte() & low) | ((third << 4).AsByte() & high)).Store(quants + 32);
                    (((bits >> 1).AsByte() & low) | ((third << 3).AsByte() & high)).Store(quants + 64);
                    (((bits >> 3).AsByte() & low) | ((third << 2).AsByte() & high)).Store(quants + 96);
                }
            }

            Vector128<sbyte> scales = SuperBlocks.SixBitScales(block + 96) - Vector128.Create((sbyte)32);
            StoreScales(scales, words);
            StoreMinima(scales, words);
            float scale = HalfBits.ToSingle(*(ushort*)(block + 108));
            ((float*)words)[PanelLayout.Super16.Scale] = scale * 0.125f;
            ((float*)words)[PanelLayout.Super16.MinimumScale] = scale * 4;
        }
    }

    public readonly struct Q4_K : ISuperBlock128
    {
        public static int Bytes => SuperBlocks.Q4_K.Bytes;

        public static int Words => PanelLayout.Super32.Words;

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
            StoreMultipliers((ushort*)block, words + PanelLayout.Super32.Scale);
        }
    }

    public readonly struct Q5_K : ISuperBlock128
    {
        public static int Bytes => SuperBlocks.Q5_K.Bytes;

        public static int Words => PanelLayout.Super16.Words;

        /// <summary>Scales and minima of 32 are given twice, to each 16: see <see cref="UnpackSuperBlocks.Q5_K"/>.</summary>
        [MethodImpl(MethodImplOptions.AggressiveInlining)]
        public static void Unpack(byte* block, uint* words)
        {
            byte* packed = block + 48;
            byte* quants = (byte*)words;
            for (int pair = 0; pair < 4; pair++, quants += 32)
            {
                for (int i = 0; i < 2; i++, packed += 16, quants += 16)
                {
                    Vector128<ushort> bits = Vector128.Load((ushort*)packed);
                    Vector128<ushort> fifth = Vector128.Load((ushort*)(block + 16 + (16 * i))) >> (2 * pair);
                    Vector128<byte> low = Vector128.Create((byte)15), high = Vector128.Create((byte)16);
                    ((bits.AsByte() & low) | ((fifth << 4).AsByte() & high)).Store(quants);
                    (((bits >> 4).AsByte() & low) | ((fifth << 3).AsByte() & high)).Store(quants + 32);
                }
            }

            Vector128<byte> factors = SuperBlocks.ScalesThenMinima(block + 4);
            Vector128<ushort> scales = Vector128.WidenLower(factors), minima = Vector128.WidenUpper(factors);
            StoreScales((scales | (scales << 8)).AsSByte(), words);
            StoreMinima((minima | (minima << 8)).AsSByte(), words);
            StoreMultipliers((ushort*)block, words + PanelLayout.Super16.Scale);
        }
    }

    public readonly struct Q6_K : ISuperBlock128
    {
        public static int Bytes => SuperBlocks.Q6_K.Bytes;

        public static int Words => PanelLayout.Super16.Words;

        [MethodImpl(MethodImplOptions.AggressiveInlining)]
        public static void Unpack(byte* block, uint* words)
        {
            byte* packed = block;
            byte* upper = block + 128;
            byte* quants = (byte*)words;
            for (int half = 0; half < 2; half++, packed += 32, quants += 96)
            {
                for (int i = 0; i < 2; i++, packed += 16, upper += 16, quants += 16)
                {
                    Vector128<ushort> first = Vector128.Load((ushort*)packed), second = Vector128.Load((ushort*)(packed + 32));
                    Vector128<ushort> bits = Vector128.Load((ushort*)upper);
                    Vector128<byte> low = Vector128.Create((byte)15), high = Vector128.Create((byte)0x30);
                    ((first.AsByte() & low) | ((bits << 4).AsByte() & high)).Store(quants);
                    ((second.AsByte() & low) | ((bits << 2).AsByte() & high)).Store(quants + 32);
                    (((first >> 4).AsByte() & low) | (bits.AsByte() & high)).Store(quants + 64);
                    (((second >> 4).AsByte() & low) | ((bits >> 2).AsByte() & high)).Store(quants + 96);
                }
            }

            Vector128<sbyte> scales = Vector128.Load((sbyte*)block + 192);
            StoreScales(scales, words);
            StoreMinima(scales, words);
            float scale = HalfBits.ToSingle(*(ushort*)(block + 208));
            ((float*)words)[PanelLayout.Super16.Scale] = scale;
            ((float*)words)[PanelLayout.Super16.MinimumScale] = scale * 32;
        }
    }

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
    private static void StoreMinima(Vector128<sbyte> minima, uint* words)
    {
        (Vector128<short> low, Vector128<short> high) = Vector128.Widen(minima);
        low.Store((short*)(words + PanelLayout.Super16.Minima));
        high.Store((short*)(words + PanelLayout.Super16.Minima) + 8);
    }

    [MethodImpl(MethodImplOptions.AggressiveInlining)]
    private static Vector128<uint> Twice(Vector128<int> values) => ((values & Vector128.Create(0xFFFF)) | (values << 16)).AsUInt32();

    [MethodImpl(MethodImplOptions.AggressiveInlining)]
    private static void StoreMultipliers(ushort* halves, uint* words)
    {
        ((float*)words)[0] = HalfBits.ToSingle(halves[0]);
        ((float*)words)[1] = HalfBits.ToSingle(halves[1]);
    }
}
