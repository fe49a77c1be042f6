using Winnow.Compute.Cpu.MatMul.Kernels;
using Winnow.Compute.Cpu.MatMul.Panels;
using Winnow.Compute.Cpu.MatMul.Records;

namespace Winnow.Compute.Cpu.Roofline;

/// <summary>Multiplies one chunk of two panels with a few tokens again and again, all of it in the first-level cache: a task is one thread.</summary>
internal unsafe struct TileJob
{
    private const int Calls = 4_000;
    private const int Tokens = 16;

    public WeightKernels Kernels;

    /// <summary>Zeros: <see cref="SlotBytes"/> for each task.</summary>
    public byte* Scratch;

    public long SlotBytes;

    /// <summary>Bytes of a task's panels, activations and sums.</summary>
    public static long ScratchBytes(in WeightKernels kernels) =>
        PanelBytes(kernels) + (kernels.ChunkRecords * RecordStride(kernels)) + (Tokens * PanelLayout.TileRows * sizeof(float));

    /// <summary>Multiply-adds of a task.</summary>
    public static double MultiplyAdds(in WeightKernels kernels) =>
        (double)Calls * Tokens * kernels.TileRows * kernels.ChunkRecords * kernels.TileFormat.RecordLength();

    public static void Work(void* state, int task)
    {
        TileJob* job = (TileJob*)state;
        ref readonly WeightKernels kernels = ref job->Kernels;
        byte* panels = job->Scratch + (task * job->SlotBytes);
        byte* records = panels + PanelBytes(kernels);
        float* sums = (float*)(records + (kernels.ChunkRecords * RecordStride(kernels)));
        for (int call = 0; call < Calls; call++)
        {
            kernels.Tile((uint*)panels, kernels.ChunkWords, records, RecordStride(kernels), kernels.ChunkRecords, Tokens, sums);
        }
    }

    private static long PanelBytes(in WeightKernels kernels) => PanelLayout.TileRows * (long)kernels.ChunkWords * sizeof(uint);

    private static long RecordStride(in WeightKernels kernels) => (long)Tokens * kernels.TileFormat.RecordBytes();
}
