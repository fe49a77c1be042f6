using Winnow.Compute.Cpu.MatMul.Lanes;
using Winnow.Compute.Cpu.MatMul.Panels;
using Winnow.Compute.Cpu.MatMul.Records;
using Winnow.Compute.Cpu.MatMul.Steps;
using Winnow.Quantization.Layouts;

namespace Winnow.Compute.Cpu.MatMul.Kernels;

/// <summary>What the kernels for prompts decide for each family of layouts: formats of activations, words, chunks.</summary>
internal static unsafe class TileKernels<TLanes, TVector>
    where TLanes : ILanes<TVector>
    where TVector : struct
{
    public static WeightKernels Floats() => new()
    {
        DotFormat = ActivationFormat.Rows,
        TileFormat = ActivationFormat.Float,
        Tile = &RegisterTile<TLanes, TLanes, TVector>.Float,
        TileOne = &RegisterTile<TLanes, NoLanes<TVector>, TVector>.Float,
        TileRows = 2 * TLanes.Count,
        BlockWords = BlockWords.Float.Words,
        ChunkBlocks = FloatRecord.Length,
        ChunkRecords = 1,
    };

    public static WeightKernels WideBlocks() => new()
    {
        DotFormat = ActivationFormat.Int16Per32,
        TileFormat = ActivationFormat.Int16Per32,
        Tile = &RegisterTile<TLanes, TLanes, TVector>.Wide32,
        TileOne = &RegisterTile<TLanes, NoLanes<TVector>, TVector>.Wide32,
        TileRows = 2 * TLanes.Count,
        BlockWords = BlockWords.Wide32.Words,
        ChunkBlocks = Int16Per32Record.Length / 32,
        ChunkRecords = 1,
    };

    public static WeightKernels SignedBlocks<TBlock>()
        where TBlock : ISignedBlock => new()
        {
            DotFormat = ActivationFormat.Int16Per32,
            TileFormat = ActivationFormat.Int16Per32,
            Steps = &StepsSignedBlocks<TLanes, TVector>.Rows<TBlock>,
            Tile = TBlock.ScalesPer32 ? &RegisterTile<TLanes, TLanes, TVector>.Wide32 : &RegisterTile<TLanes, TLanes, TVector>.Wide16,
            TileOne = TBlock.ScalesPer32
                ? &RegisterTile<TLanes, NoLanes<TVector>, TVector>.Wide32
                : &RegisterTile<TLanes, NoLanes<TVector>, TVector>.Wide16,
            TileRows = 2 * TLanes.Count,
            BlockWords = UnpackSignedBlocks.Words<TBlock>(),
            ChunkBlocks = Int16Per32Record.Length / TBlock.Length,
            ChunkRecords = 1,
        };

    public static WeightKernels Blocks<TBlock>()
        where TBlock : IBlock => new()
        {
            DotFormat = ActivationFormat.Int8Per32,
            TileFormat = ActivationFormat.Int8Per32,
            Tile = TBlock.HasMinimum
                ? &RegisterTile<TLanes, TLanes, TVector>.Per32WithMinima
                : &RegisterTile<TLanes, TLanes, TVector>.Per32,
            TileOne = TBlock.HasMinimum
                ? &RegisterTile<TLanes, NoLanes<TVector>, TVector>.Per32WithMinima
                : &RegisterTile<TLanes, NoLanes<TVector>, TVector>.Per32,
            TileRows = 2 * TLanes.Count,
            BlockWords = BlockWords.Per32.Words,
            ChunkBlocks = 2 * Int8Per32Record.Length / 32,
            ChunkRecords = 2,
        };

    public static WeightKernels SuperBlocks<TBlock>()
        where TBlock : ISuperBlock
    {
        WeightKernels kernels = new()
        {
            DotFormat = ActivationFormat.Int8Per256,
            TileFormat = ActivationFormat.Int8Per256,
            TileRows = 2 * TLanes.Count,
            BlockWords = UnpackSuperBlocks.Words<TBlock>(),
            ChunkBlocks = 2,
            ChunkRecords = 2,
        };
        switch (TBlock.Form)
        {
            case SuperBlockForm.Per32:
                kernels.Tile = &RegisterTile<TLanes, TLanes, TVector>.Super32;
                kernels.TileOne = &RegisterTile<TLanes, NoLanes<TVector>, TVector>.Super32;
                break;
            case SuperBlockForm.Per16:
                kernels.Tile = &RegisterTile<TLanes, TLanes, TVector>.Super16;
                kernels.TileOne = &RegisterTile<TLanes, NoLanes<TVector>, TVector>.Super16;
                break;
            case SuperBlockForm.Per16Centred:
                kernels.Tile = &RegisterTile<TLanes, TLanes, TVector>.Super16Centred;
                kernels.TileOne = &RegisterTile<TLanes, NoLanes<TVector>, TVector>.Super16Centred;
                break;
            default: throw new InvalidOperationException($"no tile multiplies super-blocks of the form {TBlock.Form}");
        }

        return kernels;
    }
}
