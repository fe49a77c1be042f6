using System.Runtime.Intrinsics;
using Winnow.Tensors;

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

    /// <summary>Row 0, bytes of a row, rows, activations, bytes between records, inputs, outputs.</summary>
    public delegate*<byte*, long, int, byte*, long, int, float*, void> Dot;

    /// <summary>First block, blocks, words.</summary>
    public delegate*<byte*, int, uint*, void> Unpack;

    /// <summary>[16 rows][words], words, [words][16 rows].</summary>
    public delegate*<uint*, int, uint*, void> Transpose;

    /// <summary>See <see cref="Tile{TLanes, TVector}"/>.</summary>
    public delegate*<uint*, int, byte*, long, int, int, float*, void> Tile;

    /// <summary>Weight rows that a call of <see cref="Tile"/> multiplies.</summary>
    public int TileRows;

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

        WeightKernels kernels = new() { TileThreshold = 4 };
        switch (isa)
        {
            case CpuIsa.Avx512:
                kernels.UseTiles<Lanes512, Vector512<int>>(type);
                kernels.UnpackWithAvx2(type);
                if (CpuIsaSupport.HasWideUnits)
                {
                    kernels.UseRows256<LanesVnni>(type);
                    kernels.UseRows512(type);
                }
                else
                {
                    kernels.UseRows256<Lanes256>(type);
                }

                break;
            case CpuIsa.AvxVnni:
                kernels.UseTiles<LanesVnni, Vector256<int>>(type);
                kernels.UnpackWithAvx2(type);
                kernels.UseRows256<LanesVnni>(type);
                break;
            case CpuIsa.Avx2:
                kernels.UseTiles<Lanes256, Vector256<int>>(type);
                kernels.UnpackWithAvx2(type);
                kernels.UseRows256<Lanes256>(type);
                break;
            case CpuIsa.ArmDot:
                kernels.UseTiles<LanesArmDot, Vector128<int>>(type);
                kernels.UnpackIn128(type);
                kernels.UseRows128<LanesArmDot>(type);
                break;
            default:
                kernels.UseTiles<Lanes128, Vector128<int>>(type);
                kernels.UnpackIn128(type);
                kernels.UseRows128<Lanes128>(type);
                break;
        }

        return kernels;
    }

    private static bool IsSupported(TensorType type) => type is TensorType.F32 or TensorType.F16 or TensorType.BF16
        or TensorType.Q4_0 or TensorType.Q4_1 or TensorType.Q5_0 or TensorType.Q5_1 or TensorType.Q8_0
        or TensorType.Q2_K or TensorType.Q3_K or TensorType.Q4_K or TensorType.Q5_K or TensorType.Q6_K;

    /// <summary>Rows in 128 bits, on every processor.</summary>
    private void UseRows128<TLanes>(TensorType type)
        where TLanes : ILanes<Vector128<int>>
    {
        Dot = type switch
        {
            TensorType.F32 => &DotRows128<TLanes>.Floats<FloatElements.F32>,
            TensorType.F16 => &DotRows128<TLanes>.Floats<FloatElements.F16>,
            TensorType.BF16 => &DotRows128<TLanes>.Floats<FloatElements.BF16>,
            TensorType.Q4_0 => &DotRows128<TLanes>.Per32<Blocks.Q4_0>,
            TensorType.Q4_1 => &DotRows128<TLanes>.Per32<Blocks.Q4_1>,
            TensorType.Q5_0 => &DotRows128<TLanes>.Per32<Blocks.Q5_0>,
            TensorType.Q5_1 => &DotRows128<TLanes>.Per32<Blocks.Q5_1>,
            TensorType.Q8_0 => &DotRows128<TLanes>.Wide32,
            TensorType.Q2_K => &DotRows128<TLanes>.Super16<SuperBlocks128.Q2_K>,
            TensorType.Q3_K => &DotRows128<TLanes>.Super16<SuperBlocks128.Q3_K>,
            TensorType.Q4_K => &DotRows128<TLanes>.Super32<SuperBlocks128.Q4_K>,
            TensorType.Q5_K => &DotRows128<TLanes>.Super16<SuperBlocks128.Q5_K>,
            _ => &DotRows128<TLanes>.Super16<SuperBlocks128.Q6_K>,
        };
    }

    /// <summary>Rows in 256 bits.</summary>
    private void UseRows256<TLanes>(TensorType type)
        where TLanes : ILanes<Vector256<int>>
    {
        Dot = type switch
        {
            TensorType.F32 => &DotFloat.F32,
            TensorType.F16 => &DotFloat.F16,
            TensorType.BF16 => &DotFloat.BF16,
            TensorType.Q4_0 => &DotInt8Per32.Rows<Blocks.Q4_0, TLanes>,
            TensorType.Q4_1 => &DotInt8Per32.Rows<Blocks.Q4_1, TLanes>,
            TensorType.Q5_0 => &DotInt8Per32.Rows<Blocks.Q5_0, TLanes>,
            TensorType.Q5_1 => &DotInt8Per32.Rows<Blocks.Q5_1, TLanes>,
            TensorType.Q8_0 => &DotInt16Per32.Rows<TLanes>,
            TensorType.Q2_K => &DotInt8Per256.Rows<SuperBlocks.Q2_K, TLanes>,
            TensorType.Q3_K => &DotInt8Per256.Rows<SuperBlocks.Q3_K, TLanes>,
            TensorType.Q4_K => &DotInt8Per256.Rows<SuperBlocks.Q4_K, TLanes>,
            TensorType.Q5_K => &DotInt8Per256.Rows<SuperBlocks.Q5_K, TLanes>,
            _ => &DotInt8Per256.Rows<SuperBlocks.Q6_K, TLanes>,
        };
    }

    /// <summary>Rows in 512 bits, for the types that they are faster with.</summary>
    private void UseRows512(TensorType type)
    {
        Dot = type switch
        {
            TensorType.F16 => &Dot512.F16Rows,
            TensorType.Q4_0 => &Dot512.BlockRows<Blocks.Q4_0>,
            TensorType.Q4_1 => &Dot512.BlockRows<Blocks.Q4_1>,
            TensorType.Q5_0 => &Dot512.BlockRows<Blocks.Q5_0>,
            TensorType.Q5_1 => &Dot512.BlockRows<Blocks.Q5_1>,
            TensorType.Q8_0 => &Dot512.Q8Rows,
            TensorType.Q2_K => &Dot512.SuperBlockRows<SuperBlocks.Q2_K>,
            TensorType.Q3_K => &Dot512.SuperBlockRows<SuperBlocks.Q3_K>,
            TensorType.Q6_K => &Dot512.SuperBlockRows<SuperBlocks.Q6_K>,
            _ => Dot,
        };
    }

    private void UnpackIn128(TensorType type)
    {
        Transpose = &PanelTranspose.PortableWords;
        Unpack = type switch
        {
            TensorType.F32 => &UnpackFloats.F32,
            TensorType.F16 => &UnpackFloats.In128<FloatElements.F16>,
            TensorType.BF16 => &UnpackFloats.In128<FloatElements.BF16>,
            TensorType.Q4_0 => &UnpackBlocks.Quants128<Blocks.Q4_0>,
            TensorType.Q4_1 => &UnpackBlocks.Quants128<Blocks.Q4_1>,
            TensorType.Q5_0 => &UnpackBlocks.Quants128<Blocks.Q5_0>,
            TensorType.Q5_1 => &UnpackBlocks.Quants128<Blocks.Q5_1>,
            TensorType.Q8_0 => &UnpackBlocks.Q8_0In128,
            TensorType.Q2_K => &UnpackSuperBlocks.In128<SuperBlocks128.Q2_K>,
            TensorType.Q3_K => &UnpackSuperBlocks.In128<SuperBlocks128.Q3_K>,
            TensorType.Q4_K => &UnpackSuperBlocks.In128<SuperBlocks128.Q4_K>,
            TensorType.Q5_K => &UnpackSuperBlocks.In128<SuperBlocks128.Q5_K>,
            _ => &UnpackSuperBlocks.In128<SuperBlocks128.Q6_K>,
        };
    }

    private void UnpackWithAvx2(TensorType type)
    {
        Transpose = &PanelTranspose.Avx2Words;
        Unpack = type switch
        {
            TensorType.F32 => &UnpackFloats.F32,
            TensorType.F16 => &UnpackFloats.F16,
            TensorType.BF16 => &UnpackFloats.BF16,
            TensorType.Q4_0 => &UnpackBlocks.Quants<Blocks.Q4_0>,
            TensorType.Q4_1 => &UnpackBlocks.Quants<Blocks.Q4_1>,
            TensorType.Q5_0 => &UnpackBlocks.Quants<Blocks.Q5_0>,
            TensorType.Q5_1 => &UnpackBlocks.Quants<Blocks.Q5_1>,
            TensorType.Q8_0 => &UnpackBlocks.Q8_0,
            TensorType.Q2_K => &UnpackSuperBlocks.Q2_K,
            TensorType.Q3_K => &UnpackSuperBlocks.Q3_K,
            TensorType.Q4_K => &UnpackSuperBlocks.Q4_K,
            TensorType.Q5_K => &UnpackSuperBlocks.Q5_K,
            _ => &UnpackSuperBlocks.Q6_K,
        };
    }

    /// <summary>The kernels for many tokens, and the formats that activations have.</summary>
    private void UseTiles<TLanes, TVector>(TensorType type)
        where TLanes : ILanes<TVector>
        where TVector : struct
    {
        TileRows = 2 * TLanes.Count;
        switch (type)
        {
            case TensorType.F32 or TensorType.F16 or TensorType.BF16:
                DotFormat = ActivationFormat.Rows;
                TileFormat = ActivationFormat.Float;
                Tile = &Tile<TLanes, TVector>.Float;
                BlockWords = PanelLayout.Float.Words;
                ChunkBlocks = FloatRecord.Length;
                ChunkRecords = 1;
                break;
            case TensorType.Q8_0:
                DotFormat = ActivationFormat.Int16Per32;
                TileFormat = ActivationFormat.Int16Per32;
                Tile = &Tile<TLanes, TVector>.Wide32;
                BlockWords = PanelLayout.Wide32.Words;
                ChunkBlocks = Int16Per32Record.Length / 32;
                ChunkRecords = 1;
                break;
            case TensorType.Q4_0 or TensorType.Q4_1 or TensorType.Q5_0 or TensorType.Q5_1:
                DotFormat = ActivationFormat.Int8Per32;
                TileFormat = ActivationFormat.Int8Per32;
                Tile = type is TensorType.Q4_1 or TensorType.Q5_1 ? &Tile<TLanes, TVector>.Per32WithMinima : &Tile<TLanes, TVector>.Per32;
                BlockWords = PanelLayout.Per32.Words;
                ChunkBlocks = 2 * Int8Per32Record.Length / 32;
                ChunkRecords = 2;
                break;
            case TensorType.Q4_K:
                DotFormat = ActivationFormat.Int8Per256;
                TileFormat = ActivationFormat.Int8Per256;
                Tile = &Tile<TLanes, TVector>.Super32;
                BlockWords = PanelLayout.Super32.Words;
                ChunkBlocks = 2;
                ChunkRecords = 2;
                break;
            default:
                DotFormat = ActivationFormat.Int8Per256;
                TileFormat = ActivationFormat.Int8Per256;
                Tile = type is TensorType.Q3_K or TensorType.Q6_K ? &Tile<TLanes, TVector>.Super16Centred : &Tile<TLanes, TVector>.Super16;
                BlockWords = PanelLayout.Super16.Words;
                ChunkBlocks = 2;
                ChunkRecords = 2;
                break;
        }
    }
}
