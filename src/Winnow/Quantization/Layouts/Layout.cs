namespace Winnow.Quantization.Layouts;

/// <summary>The families of layouts: each hands one of its types to a visitor.</summary>
internal static class Layout
{
    public static void Floats<TElement>(ILayoutVisitor visitor)
        where TElement : IFloatElement => visitor.Floats<TElement>();

    public static void Floats512<TElement>(ILayoutVisitor visitor)
        where TElement : IFloatElement512 => visitor.Floats512<TElement>();

    public static void Blocks<TBlock>(ILayoutVisitor visitor)
        where TBlock : IBlock => visitor.Blocks<TBlock>();

    public static void WideBlocks<TBlock>(ILayoutVisitor visitor)
        where TBlock : IWideBlock => visitor.WideBlocks<TBlock>();

    public static void SuperBlocks<TBlock>(ILayoutVisitor visitor)
        where TBlock : ISuperBlock => visitor.SuperBlocks<TBlock>();

    public static void SuperBlocksPer16<TBlock>(ILayoutVisitor visitor)
        where TBlock : ISuperBlockPer16 => visitor.SuperBlocksPer16<TBlock>();

    public static void SignedBlocks<TBlock>(ILayoutVisitor visitor)
        where TBlock : ISignedBlock => visitor.SignedBlocks<TBlock>();
}
