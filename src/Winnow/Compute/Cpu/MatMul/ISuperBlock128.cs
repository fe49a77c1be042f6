namespace Winnow.Compute.Cpu.MatMul;

/// <summary>How a block of 256 quants of one type is taken apart in 128 bits, on every processor.</summary>
internal unsafe interface ISuperBlock128
{
    /// <summary>Bytes of a block.</summary>
    static abstract int Bytes { get; }

    /// <summary>Words of an unpacked block.</summary>
    static abstract int Words { get; }

    /// <summary>Whether the quants carry an offset of 32; there are minima otherwise.</summary>
    static abstract bool Centred { get; }

    /// <summary>
    /// Writes a block's words: those of <see cref="PanelLayout.Super32"/> for <see cref="SuperBlocks128.Q4_K"/>, of
    /// <see cref="PanelLayout.Super16"/> for the others.
    /// </summary>
    static abstract void Unpack(byte* block, uint* words);
}
