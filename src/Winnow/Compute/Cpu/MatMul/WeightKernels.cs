using Winnow.Formats;

namespace Winnow.Compute.Cpu.MatMul;

/// <summary>How a weight of one type is multiplied with one instruction set: chosen once, when the weight is loaded.</summary>
/// <remarks>
/// Few tokens go row by row through <see cref="Dot"/>, which streams the weight at memory speed. More go through panels: 32 rows of a
/// few hundred inputs are unpacked and interleaved into the first-level cache (<see cref="Unpack"/>, <see cref="Transpose"/>) and
/// <see cref="Tile"/> multiplies them with all tokens, so that unpacking costs little and needs no second copy of the weight.
/// </remarks>
internal unsafe struct WeightKernels
{
    /// <summary>How <see cref="Dot"/> wants activations.</summary>
    public ActivationFormat DotFormat;

    /// <summary>How <see cref="Tile"/> wants activations.</summary>
    public ActivationFormat TileFormat;

    /// <summary>Row 0, bytes of a row, rows, activations, bytes between records, inputs, outputs. Null: decode and multiply in f32.</summary>
    public delegate*<byte*, long, int, byte*, long, int, float*, void> Dot;

    /// <summary>First block, blocks, words. Null: decode to f32.</summary>
    public delegate*<byte*, int, uint*, void> Unpack;

    /// <summary>[16 rows][words], words, [words][16 rows].</summary>
    public delegate*<uint*, int, uint*, void> Transpose;

    /// <summary>See <see cref="Tile512"/>.</summary>
    public delegate*<uint*, int, byte*, long, int, int, float*, void> Tile;

    /// <summary>Panels that a call of <see cref="Tile"/> multiplies.</summary>
    public int PanelsPerCall;

    /// <summary>Words that a block is unpacked to.</summary>
    public int BlockWords;

    /// <summary>Blocks of a row that are unpacked at a time: as many as keep two panels in the first-level cache.</summary>
    public int ChunkBlocks;

    /// <summary>Activation records that these blocks are multiplied with.</summary>
    public int ChunkRecords;

    /// <summary>Tokens from which on unpacking pays.</summary>
    public int TileThreshold;

    /// <summary>Words of a row that are unpacked at a time.</summary>
    public readonly int ChunkWords => ChunkBlocks * BlockWords;

    /// <summary>The kernels of a type.</summary>
    /// <exception cref="NotSupportedException">There are none.</exception>
    public static WeightKernels For(TensorType type, CpuIsa isa)
    {
        if (!IsSupported(type))
        {
            throw new NotSupportedException($"the CPU device multiplies with no weights of type {type}");
        }

        return isa == CpuIsa.Portable ? ForAnyProcessor(type) : ForAvx(type, isa == CpuIsa.Avx512);
    }

    private static bool IsSupported(TensorType type) => type is TensorType.F32 or TensorType.F16 or TensorType.BF16
        or TensorType.Q4_0 or TensorType.Q4_1 or TensorType.Q5_0 or TensorType.Q5_1 or TensorType.Q8_0
        or TensorType.Q2_K or TensorType.Q3_K or TensorType.Q4_K or TensorType.Q5_K or TensorType.Q6_K;

    private static WeightKernels ForAnyProcessor(TensorType type) => new()
    {
        DotFormat = ActivationFormat.Rows,
        TileFormat = ActivationFormat.Float,
        Transpose = &PanelTranspose.PortableWords,
        Tile = &Portable.Tile,
        PanelsPerCall = 1,
        BlockWords = type.BlockLength(),
        ChunkBlocks = 2 * FloatRecord.Length / type.BlockLength(),
        ChunkRecords = 2,
        TileThreshold = 4,
    };

    private static WeightKernels ForAvx(TensorType type, bool wide)
    {
        bool wideRows = wide && CpuIsaSupport.HasWideUnits;
        WeightKernels kernels = new() { Transpose = &PanelTranspose.Avx2Words, PanelsPerCall = wide ? 2 : 1, TileThreshold = 4 };
        switch (type)
        {
            case TensorType.F32:
                kernels.Dot = &DotFloat.F32;
                kernels.Unpack = &UnpackFloats.F32;
                break;
            case TensorType.F16:
                kernels.Dot = wideRows ? &Dot512.F16Rows : &DotFloat.F16;
                kernels.Unpack = &UnpackFloats.F16;
                break;
            case TensorType.BF16:
                kernels.Dot = &DotFloat.BF16;
                kernels.Unpack = &UnpackFloats.BF16;
                break;
            case TensorType.Q4_0:
                kernels.Dot = wideRows ? &Dot512.BlockRows<Blocks.Q4_0> : &DotInt8Per32.Rows<Blocks.Q4_0>;
                kernels.Unpack = &UnpackBlocks.Quants<Blocks.Q4_0>;
                break;
            case TensorType.Q4_1:
                kernels.Dot = wideRows ? &Dot512.BlockRows<Blocks.Q4_1> : &DotInt8Per32.Rows<Blocks.Q4_1>;
                kernels.Unpack = &UnpackBlocks.Quants<Blocks.Q4_1>;
                break;
            case TensorType.Q5_0:
                kernels.Dot = wideRows ? &Dot512.BlockRows<Blocks.Q5_0> : &DotInt8Per32.Rows<Blocks.Q5_0>;
                kernels.Unpack = &UnpackBlocks.Quants<Blocks.Q5_0>;
                break;
            case TensorType.Q5_1:
                kernels.Dot = wideRows ? &Dot512.BlockRows<Blocks.Q5_1> : &DotInt8Per32.Rows<Blocks.Q5_1>;
                kernels.Unpack = &UnpackBlocks.Quants<Blocks.Q5_1>;
                break;
            case TensorType.Q8_0:
                kernels.Dot = wideRows ? &Dot512.Q8Rows : &DotInt16Per32.Rows;
                kernels.Unpack = &UnpackBlocks.Q8_0;
                break;
            case TensorType.Q2_K:
                kernels.Dot = wideRows ? &Dot512.SuperBlockRows<SuperBlocks.Q2_K> : &DotInt8Per256.Rows<SuperBlocks.Q2_K>;
                kernels.Unpack = &UnpackSuperBlocks.Q2_K;
                break;
            case TensorType.Q3_K:
                kernels.Dot = wideRows ? &Dot512.SuperBlockRows<SuperBlocks.Q3_K> : &DotInt8Per256.Rows<SuperBlocks.Q3_K>;
                kernels.Unpack = &UnpackSuperBlocks.Q3_K;
                break;
            case TensorType.Q4_K:
                kernels.Dot = &DotInt8Per256.Rows<SuperBlocks.Q4_K>;
                kernels.Unpack = &UnpackSuperBlocks.Q4_K;
                break;
            case TensorType.Q5_K:
                kernels.Dot = &DotInt8Per256.Rows<SuperBlocks.Q5_K>;
                kernels.Unpack = &UnpackSuperBlocks.Q5_K;
                break;
            case TensorType.Q6_K:
                kernels.Dot = wideRows ? &Dot512.SuperBlockRows<SuperBlocks.Q6_K> : &DotInt8Per256.Rows<SuperBlocks.Q6_K>;
                kernels.Unpack = &UnpackSuperBlocks.Q6_K;
                break;
        }

        switch (type)
        {
            case TensorType.F32 or TensorType.F16 or TensorType.BF16:
                kernels.DotFormat = ActivationFormat.Rows;
                kernels.TileFormat = ActivationFormat.Float;
                kernels.Tile = wide ? &Tile512.Float : &Tile256.Float;
                kernels.BlockWords = PanelLayout.Float.Words;
                kernels.ChunkBlocks = FloatRecord.Length;
                kernels.ChunkRecords = 1;
                break;
            case TensorType.Q8_0:
                kernels.DotFormat = ActivationFormat.Int16Per32;
                kernels.TileFormat = ActivationFormat.Int16Per32;
                kernels.Tile = wide ? &Tile512.Wide32 : &Tile256.Wide32;
                kernels.BlockWords = PanelLayout.Wide32.Words;
                kernels.ChunkBlocks = Int16Per32Record.Length / 32;
                kernels.ChunkRecords = 1;
                break;
            case TensorType.Q4_0 or TensorType.Q4_1 or TensorType.Q5_0 or TensorType.Q5_1:
                kernels.DotFormat = ActivationFormat.Int8Per32;
                kernels.TileFormat = ActivationFormat.Int8Per32;
                bool minima = type is TensorType.Q4_1 or TensorType.Q5_1;
                kernels.Tile = (minima, wide) switch
                {
                    (false, true) => &Tile512.Per32,
                    (false, false) => &Tile256.Per32,
                    (true, true) => &Tile512.Per32WithMinima,
                    (true, false) => &Tile256.Per32WithMinima,
                };
                kernels.BlockWords = PanelLayout.Per32.Words;
                kernels.ChunkBlocks = 2 * Int8Per32Record.Length / 32;
                kernels.ChunkRecords = 2;
                break;
            case TensorType.Q4_K:
                kernels.DotFormat = ActivationFormat.Int8Per256;
                kernels.TileFormat = ActivationFormat.Int8Per256;
                kernels.Tile = wide ? &Tile512.Super32 : &Tile256.Super32;
                kernels.BlockWords = PanelLayout.Super32.Words;
                kernels.ChunkBlocks = 2;
                kernels.ChunkRecords = 2;
                break;
            default:
                bool centred = type is TensorType.Q3_K or TensorType.Q6_K;
                kernels.DotFormat = ActivationFormat.Int8Per256;
                kernels.TileFormat = ActivationFormat.Int8Per256;
                kernels.Tile = (centred, wide) switch
                {
                    (true, true) => &Tile512.Super16Centred,
                    (true, false) => &Tile256.Super16Centred,
                    (false, true) => &Tile512.Super16,
                    (false, false) => &Tile256.Super16,
                };
                kernels.BlockWords = PanelLayout.Super16.Words;
                kernels.ChunkBlocks = 2;
                kernels.ChunkRecords = 2;
                break;
        }

        return kernels;
    }
}
