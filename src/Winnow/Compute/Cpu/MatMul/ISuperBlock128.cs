namespace Winnow.Compute.Cpu.MatMul;

/// <summary>How a block of 256 quants of one type is taken apart in 128 bits, on every processor.</summary>
internal unsafe interface ISuperBlock128
{
    /// <summary>Bytes of a block.</summary>
    static abstract int Bytes { get; }

    /// <summary>Words of an unpacked block.</summary>
    static abstract int Words { get; }

    /// <summary>
    /// Writes a block's words: those of <see cref="PanelLayout.Super32"/> for <see cref="SuperBlocks128.Q4_K"/>, of
    /// <see cref="PanelLayout.Super16"/> for the others. Types with an offset have their scales for minima, and the offset in their scale.
    /// </summary>
    static abstract void Unpack(byte* block, uint* words);
}
