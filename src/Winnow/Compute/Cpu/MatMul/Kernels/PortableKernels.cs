using System.Runtime.Intrinsics;
using Winnow.Compute.Cpu.MatMul.Lanes;
using Winnow.Compute.Cpu.MatMul.Panels;
using Winnow.Compute.Cpu.MatMul.Rows;
using Winnow.Compute.Cpu.MatMul.Steps;
using Winnow.Quantization.Layouts;

namespace Winnow.Compute.Cpu.MatMul.Kernels;

/// <summary>Kernels in 128 bits, for every processor.</summary>
internal sealed unsafe class PortableKernels<TLanes> : IKernelSet
    where TLanes : ILanes<Vector128<int>>
{
    public WeightKernels Kernels { get; private set; }

    public void Floats<TElement>()
        where TElement : IFloatElement => Kernels = TileKernels<TLanes, Vector128<int>>.Floats() with
        {
            Dot = &DotRows128<TLanes>.Floats<TElement>,
            Steps = &StepsFloat<TLanes, Vector128<int>>.Rows<TElement>,
            Unpack = &UnpackFloats.In128<TElement>,
            Transpose = &PanelTranspose.PortableWords,
        };

    public void Floats512<TElement>()
        where TElement : IFloatElement512 => Floats<TElement>();

    public void Blocks<TBlock>()
        where TBlock : IBlock => Kernels = TileKernels<TLanes, Vector128<int>>.Blocks<TBlock>() with
        {
            Dot = &DotRows128<TLanes>.Per32<TBlock>,
            Unpack = &UnpackBlocks.In128<TBlock>,
            Transpose = &PanelTranspose.PortableWords,
        };

    public void WideBlocks<TBlock>()
        where TBlock : IWideBlock => Kernels = TileKernels<TLanes, Vector128<int>>.WideBlocks() with
        {
            Dot = &DotRows128<TLanes>.Wide32<TBlock>,
            Unpack = &UnpackBlocks.WideIn128<TBlock>,
            Transpose = &PanelTranspose.PortableWords,
        };

    public void SuperBlocks<TBlock>()
        where TBlock : ISuperBlock => Kernels = TileKernels<TLanes, Vector128<int>>.SuperBlocks<TBlock>() with
        {
            Dot = TBlock.Form == SuperBlockForm.Per32 ? &DotRows128<TLanes>.Super32<TBlock> : &DotRows128<TLanes>.Super16<TBlock>,
            Unpack = &UnpackSuperBlocks.In128<TBlock>,
            Transpose = &PanelTranspose.PortableWords,
        };

    public void SuperBlocksPer16<TBlock>()
        where TBlock : ISuperBlockPer16 => SuperBlocks<TBlock>();

    public void SignedBlocks<TBlock>()
        where TBlock : ISignedBlock => Kernels = TileKernels<TLanes, Vector128<int>>.SignedBlocks<TBlock>() with
        {
            Unpack = &UnpackSignedBlocks.In128<TBlock>,
            Transpose = &PanelTranspose.PortableWords,
        };
}
