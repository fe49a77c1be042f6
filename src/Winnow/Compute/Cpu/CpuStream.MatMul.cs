using Winnow.Compute.Cpu.MatMul.Jobs;
using Winnow.Compute.Cpu.MatMul.Panels;
using Winnow.Compute.Cpu.MatMul.Records;
using Winnow.Quantization;

namespace Winnow.Compute.Cpu;

internal sealed unsafe partial class CpuStream
{
    /// <summary>
    /// Tokens that are multiplied at once: enough to make unpacking the weights cheap, few enough to bound the scratch memory. That is
    /// this times the inputs times 1.5 bytes for quantized weights (2.25 for Q8_0, 4 for floats), and about 100 KiB for each thread.
    /// </summary>
    private const int MaxTokens = 512;

    /// <summary>Weights of one parallel region.</summary>
    private const int MaxProducts = 16;

    /// <summary>Bytes of weight rows in a task: small enough that threads end together. 16 KiB to 512 KiB measured alike.</summary>
    private const long TaskBytes = 48 << 10;

    private readonly Scratch _matMulScratch = new();

    protected override void EmbedCore(Weight table, ReadOnlySpan<int> ids, Matrix output)
    {
        CpuWeight weight = (CpuWeight)table;
        float* row = CpuBuffer.Of(output);
        foreach (int id in ids)
        {
            BlockCodec.Decode(weight.Type, weight.Data + (id * weight.RowBytes), new Span<float>(row, weight.Inputs));
            row += output.Stride;
        }
    }

    protected override void MatMulCore(ReadOnlySpan<Weight> weights, Matrix input, ReadOnlySpan<Matrix> outputs, int steps)
    {
        if (device.ProductObserver is { } observer)
        {
            Observe(observer, weights, input);
        }

        for (int first = 0; first < weights.Length; first += MaxProducts)
        {
            int count = Math.Min(MaxProducts, weights.Length - first);
            for (int token = 0; token < input.Rows; token += MaxTokens)
            {
                int tokens = Math.Min(MaxTokens, input.Rows - token);
                int own = Math.Clamp(steps - token, 0, tokens);
                MultiplyTokens(weights.Slice(first, count), input, outputs.Slice(first, count), token, tokens, own);
            }
        }
    }

    private static void Observe(ProductObserver observer, ReadOnlySpan<Weight> weights, Matrix input)
    {
        foreach (Weight weight in weights)
        {
            for (int row = 0; row < input.Rows; row++)
            {
                observer(weight.Name, RowOf(input, row));
            }
        }
    }

    private void MultiplyTokens(
        ReadOnlySpan<Weight> weights, Matrix input, ReadOnlySpan<Matrix> outputs, int firstToken, int tokens, int steps)
    {
        MatMulProduct* products = stackalloc MatMulProduct[MaxProducts];
        int prompts = tokens - steps;
        int paddedPrompts = PanelLayout.Padded(prompts);
        MatMulJob job = new() { Products = products, Steps = steps, Prompts = prompts, PaddedPrompts = paddedPrompts };
        ActivationJob activations = new()
        {
            Rows = CpuBuffer.Of(input) + ((long)firstToken * input.Stride),
            RowStride = input.Stride,
            Inputs = input.Columns,
            Tokens = tokens,
            PaddedTokens = steps + paddedPrompts,
        };

        for (int i = 0; i < weights.Length; i++)
        {
            CpuWeight weight = (CpuWeight)weights[i];
            ref MatMulProduct product = ref products[i];
            product.Kernels = weight.Kernels;
            product.Type = weight.Type;
            product.Weight = weight.Data;
            product.RowBytes = weight.RowBytes;
            product.Inputs = weight.Inputs;
            product.Outputs = weight.Outputs;
            product.Output = CpuBuffer.Of(outputs[i]) + ((long)firstToken * outputs[i].Stride);
            product.OutputStride = outputs[i].Stride;
            product.PromptsByRow = prompts > 0 && prompts <= product.Kernels.PromptRows;
            bool isTiled = prompts > 0 && !product.PromptsByRow;
            product.TaskRows = isTiled ? PanelLayout.TileRows : (int)Math.Clamp(TaskBytes / weight.RowBytes, 1, weight.Outputs);
            job.Tasks += (product.Outputs + product.TaskRows - 1) / product.TaskRows;
            product.TaskEnd = job.Tasks;
            if (isTiled)
            {
                job.SlotBytes = Math.Max(job.SlotBytes, MatMulJob.TileScratchBytes(product.Kernels.ChunkWords, paddedPrompts));
            }
        }

        Encode(ref activations, new Span<MatMulProduct>(products, weights.Length), ref job);
        int threads = Math.Min(_pool.Threads, job.Tasks);
        MatMulShare* shares = stackalloc MatMulShare[threads];
        job.Divide(shares, threads);
        _pool.Run(&MatMulJob.Work, &job, threads);
    }

    /// <summary>Lays the scratch memory out, encodes the activations once in each format, and tells the products where theirs are.</summary>
    private void Encode(ref ActivationJob activations, Span<MatMulProduct> products, ref MatMulJob job)
    {
        long* offsets = stackalloc long[ActivationFormatExtensions.Count];
        new Span<long>(offsets, ActivationFormatExtensions.Count).Fill(-1);
        long size = _pool.Threads * job.SlotBytes;
        foreach (ref MatMulProduct product in products)
        {
            Place(product.Kernels.DotFormat, job.Steps, product.Inputs, activations.PaddedTokens, offsets, ref size);
            Place(product.Kernels.TileFormat, job.Prompts, product.Inputs, activations.PaddedTokens, offsets, ref size);
        }

        job.Scratch = _matMulScratch.Reserve(size);
        bool encodes = false;
        for (int format = 0; format < ActivationFormatExtensions.Count; format++)
        {
            activations.Targets[format] = offsets[format] < 0 ? 0 : (long)(job.Scratch + offsets[format]);
            encodes |= offsets[format] >= 0;
        }

        foreach (ref MatMulProduct product in products)
        {
            product.StepActivations = ActivationsOf(product.Kernels.DotFormat, ref activations, 0);
            product.PromptActivations = ActivationsOf(product.Kernels.TileFormat, ref activations, job.Steps);
        }

        if (encodes)
        {
            ActivationJob encoding = activations;
            int tasks = (activations.PaddedTokens + ActivationJob.TaskTokens - 1) / ActivationJob.TaskTokens;
            _pool.Run(&ActivationJob.Work, &encoding, tasks);
        }
    }

    /// <summary>Makes room for the records of a format, where tokens want it that has none yet.</summary>
    private static void Place(ActivationFormat format, int tokens, int inputs, int paddedTokens, long* offsets, ref long size)
    {
        if (tokens > 0 && format != ActivationFormat.Rows && offsets[(int)format] < 0)
        {
            offsets[(int)format] = size;
            size += (long)format.Records(inputs) * format.RecordBytes() * paddedTokens;
        }
    }

    private static ActivationRows ActivationsOf(ActivationFormat format, ref ActivationJob activations, int firstToken)
    {
        if (format == ActivationFormat.Rows)
        {
            return new ActivationRows { First = (byte*)activations.Rows, TokenStride = activations.RowStride * sizeof(float) };
        }

        long bytes = format.RecordBytes();
        return new ActivationRows
        {
            First = (byte*)activations.Targets[(int)format] + (firstToken * bytes),
            TokenStride = bytes,
            RecordStride = bytes * activations.PaddedTokens,
        };
    }
}
