namespace Winnow.Compute.Cpu.MatMul.Steps;

/// <summary>Decode steps that are multiplied with a weight together, each with the bits that it would have alone.</summary>
internal unsafe struct StepRows
{
    /// <summary>
    /// The most that a kernel takes at once: their sums fit the first-level cache beside a block of the weight.
    /// </summary>
    public const int Most = 16;

    /// <summary>Bytes of a cache line, to which sums are aligned.</summary>
    private const int Line = 64;

    /// <summary>The first record of the first step.</summary>
    public byte* Activations;

    /// <summary>Bytes from a step's activations to the next one's.</summary>
    public long TokenStride;

    /// <summary>Bytes from a step's record to its next.</summary>
    public long RecordStride;

    public int Inputs;

    /// <summary>How many steps: at most <see cref="Most"/>.</summary>
    public int Count;

    /// <summary>The first step's value of the first weight row.</summary>
    public float* Output;

    /// <summary>Elements from a step's outputs to the next one's.</summary>
    public long OutputStride;

    /// <summary>Bytes of the stack that hold so many 64-byte sums of each step, wherever they begin.</summary>
    public static int SumBytes(int sums) => (Most * sums * Line) + Line;

    /// <summary>The first address from here on that begins a cache line.</summary>
    public static byte* Align(byte* address) => (byte*)(((nint)address + Line - 1) & -Line);
}
