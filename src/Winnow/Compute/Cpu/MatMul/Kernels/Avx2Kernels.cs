using System.Runtime.Intrinsics;
using Winnow.Compute.Cpu.MatMul.Lanes;
using Winnow.Compute.Cpu.MatMul.Panels;
using Winnow.Compute.Cpu.MatMul.Prompts;
using Winnow.Compute.Cpu.MatMul.Rows;
using Winnow.Compute.Cpu.MatMul.Steps;
using Winnow.Quantization.Layouts;

namespace Winnow.Compute.Cpu.MatMul.Kernels;

/// <summary>Kernels whose rows are multiplied in 256 bits.</summary>
/// <typeparam name="TTileLanes">Of tiles: wider than rows where the processor has AVX-512 on units of 256 bits.</typeparam>
/// <typeparam name="TTileVector">The vector of the tiles' lanes.</typeparam>
/// <typeparam name="TRowLanes">Of rows.</typeparam>
internal sealed unsafe class Avx2Kernels<TTileLanes, TTileVector, TRowLanes> : IKernelSet
    where TTileLanes : ILanes<TTileVector>
    where TTileVector : struct
    where TRowLanes : ILanes<Vector256<int>>
{
    public WeightKernels Kernels { get; private set; }

    public void Floats<TElement>()
        where TElement : IFloatElement => Kernels = TileKernels<TTileLanes, TTileVector>.Floats() with
        {
            Dot = &DotFloat.Rows<TElement>,
            Steps = &StepsFloat<Lanes256, Vector256<int>>.Rows<TElement>,
            Unpack = &UnpackFloats.In256<TElement>,
            Transpose = &PanelTranspose.Avx2Words,
        };

    public void Floats512<TElement>()
        where TElement : IFloatElement512 => Floats<TElement>();

    public void Blocks<TBlock>()
        where TBlock : IBlock => Kernels = TileKernels<TTileLanes, TTileVector>.Blocks<TBlock>() with
        {
            Dot = &DotInt8Per32.Rows<TBlock, TRowLanes>,
            Steps = &StepsInt8Per32<OneBlock, TRowLanes, Vector256<int>>.Rows<TBlock>,
            FewPrompts = &PromptsInt8Per32.Rows<TBlock>,
            PromptRows = 3,
            Unpack = &UnpackBlocks.In256<TBlock>,
            Transpose = &PanelTranspose.Avx2Words,
        };

    public void WideBlocks<TBlock>()
        where TBlock : IWideBlock => Kernels = TileKernels<TTileLanes, TTileVector>.WideBlocks() with
        {
            Dot = &DotInt16Per32.Rows<TBlock, TRowLanes>,
            Steps = &StepsInt16Per32<TRowLanes, Vector256<int>>.Rows<TBlock>,
            FewPrompts = &PromptsInt16Per32.Rows<TBlock>,
            PromptRows = 3,
            Unpack = &UnpackBlocks.WideIn256<TBlock>,
            Transpose = &PanelTranspose.Avx2Words,
        };

    public void SuperBlocks<TBlock>()
        where TBlock : ISuperBlock => Kernels = TileKernels<TTileLanes, TTileVector>.SuperBlocks<TBlock>() with
        {
            Dot = &DotInt8Per256.Rows<TBlock, TRowLanes>,
            Steps = &StepsInt8Per256<OneRow, TRowLanes, Vector256<int>>.Rows<TBlock>,
            FewPrompts = &PromptsInt8Per256<TRowLanes>.Rows<TBlock>,
            PromptRows = 6,
            Unpack = &UnpackSuperBlocks.In256<TBlock>,
            Transpose = &PanelTranspose.Avx2Words,
        };

    public void SuperBlocksPer16<TBlock>()
        where TBlock : ISuperBlockPer16 => SuperBlocks<TBlock>();

    public void SignedBlocks<TBlock>()
        where TBlock : ISignedBlock => Kernels = TileKernels<TTileLanes, TTileVector>.SignedBlocks<TBlock>() with
        {
            Steps = &StepsSignedBlocks<TRowLanes, Vector256<int>>.Rows<TBlock>,
            Unpack = &UnpackSignedBlocks.In256<TBlock>,
            Transpose = &PanelTranspose.Avx2Words,
        };
}
