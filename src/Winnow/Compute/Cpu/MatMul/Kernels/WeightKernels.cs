using System.Runtime.Intrinsics;
using Winnow.Compute.Cpu.MatMul.Lanes;
using Winnow.Compute.Cpu.MatMul.Panels;
using Winnow.Compute.Cpu.MatMul.Records;
using Winnow.Compute.Cpu.MatMul.Steps;
using Winnow.Quantization;
using Winnow.Tensors;

namespace Winnow.Compute.Cpu.MatMul.Kernels;

/// <summary>How a weight of one type is multiplied with one instruction set: chosen once, when the weight is loaded.</summary>
/// <remarks>
/// Decode steps go row by row through <see cref="Dot"/>, which streams the weight at memory speed. Prompts go through panels: 32
/// rows of a few hundred inputs are unpacked and interleaved into the first-level cache (<see cref="Unpack"/>,
/// <see cref="Transpose"/>) and <see cref="Tile"/> multiplies them with all tokens, so that unpacking costs little and needs no
/// second copy of the weight. The two sum in different orders: which of them a token gets follows from what it is, not from how
/// many there are. A few tokens of a prompt are not worth unpacking for: they go through rows in the tile's order.
/// </remarks>
internal unsafe struct WeightKernels
{
    /// <summary>How <see cref="Dot"/> wants activations.</summary>
    public ActivationFormat DotFormat;

    /// <summary>How <see cref="Tile"/> wants activations.</summary>
    public ActivationFormat TileFormat;

    /// <summary>
    /// Row 0, bytes of a row, rows, activations, bytes between records, inputs, outputs. Null where <see cref="Steps"/> takes one
    /// step as well.
    /// </summary>
    public delegate*<byte*, long, int, byte*, long, int, float*, void> Dot;

    /// <summary>
    /// As <see cref="Dot"/> for several steps, with the same bits: row 0, bytes of a row, rows, steps. Null where they go through
    /// <see cref="Dot"/> one by one.
    /// </summary>
    public delegate*<byte*, long, int, StepRows*, void> Steps;

    /// <summary>As <see cref="Steps"/> for a prompt's tokens, with the bits of <see cref="Tile"/>. Null where they go through tiles.</summary>
    public delegate*<byte*, long, int, StepRows*, void> FewPrompts;

    /// <summary>
    /// The most tokens of prompts that go through rows, because unpacking for them would take longer; 0 for none. Rows take
    /// activations in the <see cref="TileFormat"/>.
    /// </summary>
    public int PromptRows;

    /// <summary>First block, blocks, words.</summary>
    public delegate*<byte*, int, uint*, void> Unpack;

    /// <summary>[16 rows][words], words, [words][16 rows].</summary>
    public delegate*<uint*, int, uint*, void> Transpose;

    /// <summary>Four tokens at a time: see <see cref="RegisterTile{TLanes, TMore, TVector}"/>.</summary>
    public delegate*<uint*, int, byte*, long, int, int, float*, void> Tile;

    /// <summary>One token, with the bits that it has among four.</summary>
    public delegate*<uint*, int, byte*, long, int, int, float*, void> TileOne;

    /// <summary>Weight rows that a call of <see cref="Tile"/> multiplies.</summary>
    public int TileRows;

    /// <summary>Words that a block is unpacked to.</summary>
    public int BlockWords;

    /// <summary>Blocks of a row that are unpacked at a time: as many as keep two panels in the first-level cache.</summary>
    public int ChunkBlocks;

    /// <summary>Activation records that these blocks are multiplied with.</summary>
    public int ChunkRecords;

    /// <summary>Words of a row that are unpacked at a time.</summary>
    public readonly int ChunkWords => ChunkBlocks * BlockWords;

    /// <summary>The kernels of a type.</summary>
    /// <exception cref="NotSupportedException">There are none.</exception>
    public static WeightKernels For(TensorType type, CpuIsa isa)
    {
        BlockType row = BlockTypes.Find(type)
            ?? throw new NotSupportedException($"the CPU device multiplies with no weights of type {type}");
        IKernelSet kernels = isa switch
        {
            CpuIsa.Avx512 when CpuIsaSupport.HasWideUnits => new Avx512Kernels(),
            CpuIsa.Avx512 => new Avx2Kernels<Lanes512, Vector512<int>, Lanes256>(),
            CpuIsa.AvxVnni => new Avx2Kernels<LanesVnni, Vector256<int>, LanesVnni>(),
            CpuIsa.Avx2 => new Avx2Kernels<Lanes256, Vector256<int>, Lanes256>(),
            CpuIsa.ArmDot => new PortableKernels<LanesArmDot>(),
            CpuIsa.Portable => new PortableKernels<Lanes128>(),
            _ => throw new ArgumentOutOfRangeException(nameof(isa), isa, "not an instruction set"),
        };
        row.Visit(kernels);
        return kernels.Kernels;
    }
}
