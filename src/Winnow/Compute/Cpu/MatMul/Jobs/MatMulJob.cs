using System.Runtime.CompilerServices;
using System.Runtime.Intrinsics.X86;
using Winnow.Compute.Cpu.MatMul.Kernels;
using Winnow.Compute.Cpu.MatMul.Panels;
using Winnow.Compute.Cpu.MatMul.Steps;
using Winnow.Tensors;

namespace Winnow.Compute.Cpu.MatMul.Jobs;

/// <summary>Products of the same activations with several weights: one parallel region.</summary>
/// <remarks>
/// A thread goes through neighbouring rows, and so through memory in one stream, until its share is done, then helps with the others'.
/// Two threads that took turns at tasks of 48 KiB decoded Q8_0 and Q4_K_M a fifth slower.
/// </remarks>
internal unsafe struct MatMulJob
{
    public MatMulProduct* Products;

    /// <summary>Tokens that are decode steps: the first ones.</summary>
    public int Steps;

    /// <summary>Tokens of prompts: those behind the steps.</summary>
    public int Prompts;

    /// <summary><see cref="Prompts"/>, <see cref="PanelLayout.Padded"/>.</summary>
    public int PaddedPrompts;

    public int Tasks;

    /// <summary>A share of the tasks for each thread.</summary>
    public MatMulShare* Shares;

    public int ShareCount;

    /// <summary>Scratch memory: <see cref="SlotBytes"/> for each thread.</summary>
    public byte* Scratch;

    public long SlotBytes;

    /// <summary>Bytes of scratch memory that a thread needs for tiles.</summary>
    public static long TileScratchBytes(int chunkWords, int paddedTokens) =>
        ((PanelLayout.Rows + PanelLayout.TileRows) * (long)chunkWords * sizeof(uint)) + ((long)paddedTokens * PanelLayout.TileRows * sizeof(float));

    /// <summary>Gives each thread its share.</summary>
    public void Divide(MatMulShare* shares, int count)
    {
        Shares = shares;
        ShareCount = count;
        for (int i = 0; i < count; i++)
        {
            shares[i].Next = (int)((long)Tasks * i / count);
            shares[i].End = (int)((long)Tasks * (i + 1) / count);
        }
    }

    /// <summary>The body of the region: works through one share with its scratch memory, then through what is left of the others.</summary>
    public static void Work(void* state, int slot)
    {
        MatMulJob* job = (MatMulJob*)state;
        byte* scratch = job->Scratch + (slot * job->SlotBytes);
        for (int i = 0; i < job->ShareCount; i++)
        {
            Work(job, job->Shares + ((slot + i) % job->ShareCount), scratch);
        }
    }

    [MethodImpl(MethodImplOptions.AggressiveOptimization)]
    private static void Work(MatMulJob* job, MatMulShare* share, byte* scratch)
    {
        int task;
        while ((task = Interlocked.Increment(ref share->Next) - 1) < share->End)
        {
            MatMulProduct* product = job->Products;
            int first = 0;
            while (task >= product->TaskEnd)
            {
                first = product->TaskEnd;
                product++;
            }

            int firstRow = (task - first) * product->TaskRows;
            int rows = Math.Min(product->TaskRows, product->Outputs - firstRow);
            ref WeightKernels kernels = ref product->Kernels;
            if (product->PromptsByRow)
            {
                float* output = product->Output + (job->Steps * product->OutputStride);
                MultiplyRows(product, firstRow, rows, null, kernels.FewPrompts, product->PromptActivations, job->Prompts, output);
            }
            else if (job->Prompts > 0)
            {
                MultiplyTile(product, firstRow, rows, job, share, scratch);
            }

            if (job->Steps > 0)
            {
                MultiplyRows(product, firstRow, rows, kernels.Dot, kernels.Steps, product->StepActivations, job->Steps, product->Output);
            }
        }
    }

    /// <summary>Multiplies a task's rows with all tokens: one by one, or in groups that a kernel takes at once.</summary>
    [MethodImpl(MethodImplOptions.AggressiveOptimization)]
    private static void MultiplyRows(
        MatMulProduct* product,
        int firstRow,
        int rows,
        delegate*<byte*, long, int, byte*, long, int, float*, void> one,
        delegate*<byte*, long, int, StepRows*, void> several,
        ActivationRows activations,
        int tokens,
        float* output)
    {
        byte* weight = product->Weight + (firstRow * product->RowBytes);
        StepRows group = new()
        {
            Activations = activations.First,
            TokenStride = activations.TokenStride,
            RecordStride = activations.RecordStride,
            Inputs = product->Inputs,
            Output = output + firstRow,
            OutputStride = product->OutputStride,
        };
        for (int left = tokens; left > 0; left -= group.Count)
        {
            group.Count = several is null ? 1 : Math.Min(left, StepRows.Most);
            if (group.Count == 1 && one is not null)
            {
                one(weight, product->RowBytes, rows, group.Activations, group.RecordStride, group.Inputs, group.Output);
            }
            else
            {
                several(weight, product->RowBytes, rows, &group);
            }

            group.Activations += group.Count * group.TokenStride;
            group.Output += group.Count * group.OutputStride;
        }
    }

    [MethodImpl(MethodImplOptions.AggressiveOptimization)]
    private static void MultiplyTile(MatMulProduct* product, int firstRow, int rows, MatMulJob* job, MatMulShare* share, byte* scratch)
    {
        int paddedTokens = job->PaddedPrompts;
        int tiledTokens = paddedTokens / PanelLayout.TileTokens * PanelLayout.TileTokens;
        long recordStride = product->PromptActivations.RecordStride;
        ref WeightKernels kernels = ref product->Kernels;
        int chunkWords = kernels.ChunkWords;
        int chunkBlocks = kernels.ChunkBlocks;
        int blockBytes = product->Type.BlockBytes();
        int blocks = product->Inputs / product->Type.BlockLength();
        uint* words = (uint*)scratch;
        uint* panels = words + (PanelLayout.Rows * chunkWords);
        float* sums = (float*)(panels + (PanelLayout.TileRows * chunkWords));
        new Span<float>(sums, paddedTokens * PanelLayout.TileRows).Clear();

        byte* records = product->PromptActivations.First;
        for (int block = 0; block < blocks; block += chunkBlocks, records += kernels.ChunkRecords * recordStride)
        {
            int count = Math.Min(chunkBlocks, blocks - block);
            for (int panel = 0; panel < PanelLayout.PanelsPerTile; panel++)
            {
                for (int row = 0; row < PanelLayout.Rows; row++)
                {
                    int weightRow = (panel * PanelLayout.Rows) + row;
                    uint* target = words + (row * chunkWords);
                    int used = 0;
                    if (weightRow < rows)
                    {
                        byte* source = product->Weight + ((firstRow + weightRow) * product->RowBytes) + ((long)block * blockBytes);
                        kernels.Unpack(source, count, target);
                        used = count * kernels.BlockWords;
                    }

                    new Span<uint>(target + used, chunkWords - used).Clear();
                }

                kernels.Transpose(words, chunkWords, panels + (panel * PanelLayout.Rows * chunkWords));
            }

            Prefetch(product, firstRow, rows, block + chunkBlocks, chunkBlocks, job, share);

            int recordCount = ((count * kernels.ChunkRecords) + chunkBlocks - 1) / chunkBlocks;
            for (int row = 0; row < rows; row += kernels.TileRows)
            {
                uint* panel = panels + (row / PanelLayout.Rows * PanelLayout.Rows * chunkWords) + (row % PanelLayout.Rows);
                if (tiledTokens > 0)
                {
                    kernels.Tile(panel, chunkWords, records, recordStride, recordCount, tiledTokens, sums + row);
                }

                if (tiledTokens < paddedTokens)
                {
                    byte* last = records + (tiledTokens * product->PromptActivations.TokenStride);
                    float* lastSums = sums + (tiledTokens * PanelLayout.TileRows) + row;
                    kernels.TileOne(panel, chunkWords, last, recordStride, recordCount, 1, lastSums);
                }
            }
        }

        float* output = product->Output + firstRow + (job->Steps * product->OutputStride);
        for (int token = 0; token < job->Prompts; token++, output += product->OutputStride, sums += PanelLayout.TileRows)
        {
            new ReadOnlySpan<float>(sums, rows).CopyTo(new Span<float>(output, rows));
        }
    }

    /// <summary>Asks for the part of the rows that is unpacked next, so that it arrives while this one is multiplied.</summary>
    [MethodImpl(MethodImplOptions.AggressiveOptimization)]
    private static void Prefetch(MatMulProduct* product, int firstRow, int rows, int block, int count, MatMulJob* job, MatMulShare* share)
    {
        if (!Sse.IsSupported)
        {
            return;
        }

        int blockBytes = product->Type.BlockBytes();
        int blocks = product->Inputs / product->Type.BlockLength();
        if (block >= blocks)
        {
            // The next task is probably this thread's; the first rows of the next product are not worth the trouble.
            int next = Volatile.Read(ref share->Next);
            int firstTask = product == job->Products ? 0 : product[-1].TaskEnd;
            firstRow = (next - firstTask) * product->TaskRows;
            rows = Math.Min(product->TaskRows, product->Outputs - firstRow);
            block = 0;
        }

        long bytes = (long)Math.Min(count, blocks - block) * blockBytes;
        byte* data = product->Weight + (firstRow * product->RowBytes) + ((long)block * blockBytes);
        for (int row = 0; row < rows; row++, data += product->RowBytes)
        {
            for (long line = 0; line < bytes; line += 64)
            {
                Sse.Prefetch1(data + line);
            }
        }
    }
}
