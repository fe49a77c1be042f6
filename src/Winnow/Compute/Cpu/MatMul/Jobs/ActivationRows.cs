namespace Winnow.Compute.Cpu.MatMul.Jobs;

/// <summary>Activations in the format of a kernel, [record][token]; or f32 rows.</summary>
internal unsafe struct ActivationRows
{
    /// <summary>The first record of the first token.</summary>
    public byte* First;

    /// <summary>Bytes from a token to the next.</summary>
    public long TokenStride;

    /// <summary>Bytes from a token's record to its next.</summary>
    public long RecordStride;
}
