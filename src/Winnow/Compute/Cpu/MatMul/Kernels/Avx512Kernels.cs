using System.Runtime.Intrinsics;
using Winnow.Compute.Cpu.MatMul.Lanes;
using Winnow.Compute.Cpu.MatMul.Panels;
using Winnow.Compute.Cpu.MatMul.Prompts;
using Winnow.Compute.Cpu.MatMul.Rows;
using Winnow.Compute.Cpu.MatMul.Steps;
using Winnow.Quantization.Layouts;

namespace Winnow.Compute.Cpu.MatMul.Kernels;

/// <summary>Kernels for AVX-512 on units of 512 bits: rows are multiplied in 512 bits too, where they are faster for it.</summary>
internal sealed unsafe class Avx512Kernels : IKernelSet
{
    public WeightKernels Kernels { get; private set; }

    public void Floats<TElement>()
        where TElement : IFloatElement => Kernels = TileKernels<Lanes512, Vector512<int>>.Floats() with
        {
            Dot = &DotFloat.Rows<TElement>,
            Steps = &StepsFloat<Lanes256, Vector256<int>>.Rows<TElement>,
            Unpack = &UnpackFloats.In256<TElement>,
            Transpose = &PanelTranspose.Avx2Words,
        };

    public void Floats512<TElement>()
        where TElement : IFloatElement512
    {
        Floats<TElement>();
        Kernels = Kernels with
        {
            Dot = &Dot512.FloatRows<TElement>,
            Steps = &StepsFloat<Lanes512, Vector512<int>>.Rows<TElement>,
        };
    }

    public void Blocks<TBlock>()
        where TBlock : IBlock => Kernels = TileKernels<Lanes512, Vector512<int>>.Blocks<TBlock>() with
        {
            Dot = &Dot512.BlockRows<TBlock>,
            Steps = &StepsInt8Per32<TwoBlocks, Lanes512, Vector512<int>>.Rows<TBlock>,
            FewPrompts = &PromptsInt8Per32.Rows<TBlock>,
            PromptRows = 3,
            Unpack = &UnpackBlocks.In256<TBlock>,
            Transpose = &PanelTranspose.Avx2Words,
        };

    public void WideBlocks<TBlock>()
        where TBlock : IWideBlock => Kernels = TileKernels<Lanes512, Vector512<int>>.WideBlocks() with
        {
            Dot = &Dot512.WideBlockRows<TBlock>,
            Steps = &StepsInt16Per32<Lanes512, Vector512<int>>.Rows<TBlock>,
            FewPrompts = &PromptsInt16Per32.Rows<TBlock>,
            PromptRows = 3,
            Unpack = &UnpackBlocks.WideIn256<TBlock>,
            Transpose = &PanelTranspose.Avx2Words,
        };

    public void SuperBlocks<TBlock>()
        where TBlock : ISuperBlock => Kernels = TileKernels<Lanes512, Vector512<int>>.SuperBlocks<TBlock>() with
        {
            Dot = &DotInt8Per256.Rows<TBlock, LanesVnni>,
            Steps = &StepsInt8Per256<TwoRows, Lanes512, Vector512<int>>.Rows<TBlock>,
            FewPrompts = &PromptsInt8Per256<LanesVnni>.Rows<TBlock>,
            PromptRows = 6,
            Unpack = &UnpackSuperBlocks.In256<TBlock>,
            Transpose = &PanelTranspose.Avx2Words,
        };

    public void SuperBlocksPer16<TBlock>()
        where TBlock : ISuperBlockPer16
    {
        SuperBlocks<TBlock>();
        Kernels = Kernels with { Dot = &Dot512.SuperBlockRows<TBlock>, Steps = &StepsSuperBlocks512.Rows<TBlock> };
    }

    public void SignedBlocks<TBlock>()
        where TBlock : ISignedBlock => Kernels = TileKernels<Lanes512, Vector512<int>>.SignedBlocks<TBlock>() with
        {
            Unpack = &UnpackSignedBlocks.In256<TBlock>,
            Transpose = &PanelTranspose.Avx2Words,
        };
}
