namespace Winnow.Quantization.Layouts;

/// <summary>
/// Takes the layout of a type as a type argument, so that what is built over it, such as a kernel, is compiled for that type alone.
/// <see cref="BlockType.Visit"/> calls the one method that fits.
/// </summary>
internal interface ILayoutVisitor
{
    /// <summary>A float type.</summary>
    void Floats<TElement>()
        where TElement : IFloatElement;

    /// <summary>A float type whose rows go faster in 512 bits.</summary>
    void Floats512<TElement>()
        where TElement : IFloatElement512;

    /// <summary>Blocks of 32 quants of up to five bits.</summary>
    void Blocks<TBlock>()
        where TBlock : IBlock;

    /// <summary>Blocks of 32 quants of eight bits.</summary>
    void WideBlocks<TBlock>()
        where TBlock : IWideBlock;

    /// <summary>Blocks of 256 quants with scales per 32.</summary>
    void SuperBlocks<TBlock>()
        where TBlock : ISuperBlock;

    /// <summary>Blocks of 256 quants with scales per 16.</summary>
    void SuperBlocksPer16<TBlock>()
        where TBlock : ISuperBlockPer16;

    /// <summary>Blocks of signed quants with scales per 16 or 32.</summary>
    void SignedBlocks<TBlock>()
        where TBlock : ISignedBlock;
}
