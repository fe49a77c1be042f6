using System.Runtime.Intrinsics;
using Winnow.Compute.Cpu.Attention;
using Winnow.Compute.Host.Selection;
using Winnow.Compute.Simd;
using Winnow.Tensors;

namespace Winnow.Compute.Cpu;

internal sealed unsafe partial class CpuStream
{
    /// <summary>
    /// Grows to the largest call so far: for each thread up to some hundred KiB (see the jobs), and for each step
    /// 4 · queryHeads · (headDimension + 2) bytes for each 512 rows; for mass of many queries, 8 · queryHeads · queries bytes.
    /// </summary>
    private readonly Scratch _attentionScratch = new();
    private readonly Scratch _groupScratch = new();

    protected override void AppendCore(KvLayer layer, Matrix keys, Matrix values, int firstPosition)
    {
        AttentionInput input = Locate(layer, 0, out byte** pages, out _);
        foreach (KvGroup group in layer.Groups)
        {
            AppendJob job = new()
            {
                Input = input,
                Pages = pages,
                Keys = CpuBuffer.Of(keys) + ((long)group.FirstHead * input.KeyDimension),
                Values = CpuBuffer.Of(values) + ((long)group.FirstHead * input.ValueDimension),
                KeyStride = keys.Stride,
                ValueStride = values.Stride,
                KvHeads = group.Layout.KvHeads,
                FirstRow = group.RowOf(firstPosition),
            };
            RunTasks(&AppendJob.Work, &job, keys.Rows, (long)keys.Rows * group.Layout.KvHeads * (input.KeyDimension + input.ValueDimension));
            pages += group.Pages.Length;
        }
    }

    protected override void AttendCore(
        AttentionShape shape, Matrix queries, KvLayer layer, int firstPosition, AttentionPlan plan, bool isStep, Matrix output, Matrix? mass)
    {
        plan = HostPlan.Resolve(plan, ref mass);
        int groupCount = plan.Kind == AttentionPlanKind.PerQueryHead ? shape.QueryHeads : shape.KvHeads;
        AttentionInput input = Input(
            shape, queries, layer, firstPosition, isStep ? groupCount * queries.Rows : groupCount, out byte** pages, out HeadGroup* groups);
        input.LeavesRowsOut |= plan.Kind != AttentionPlanKind.All;
        input.Output = CpuBuffer.Of(output);
        input.OutputStride = output.Stride;
        SetMass(ref input, mass);
        if (isStep)
        {
            SetSteps(in input, shape, layer, pages, plan, groups, groupCount);
            AttendSteps(input, groups, groupCount * queries.Rows);
        }
        else
        {
            if (plan.SelectsQueries)
            {
                Clear(output);
            }

            SetGroups(in input, shape, layer, pages, plan, groups, groupCount);
            AttendPrompt(input, groups, groupCount);
        }
    }

    protected override void AttentionMassCore(AttentionShape shape, Matrix queries, KvLayer layer, int firstPosition, Matrix mass)
    {
        AttentionInput input = Input(shape, queries, layer, firstPosition, shape.KvHeads, out byte** pages, out HeadGroup* groups);
        SetMass(ref input, mass);
        SetGroups(in input, shape, layer, pages, AttentionPlan.All, groups, shape.KvHeads);
        AttendPrompt(input, groups, shape.KvHeads);
    }

    private static void SetMass(ref AttentionInput input, Matrix? mass)
    {
        if (mass is { } m)
        {
            input.Mass = CpuBuffer.Of(m);
            input.MassStride = m.Stride;
        }
    }

    private static void Clear(Matrix matrix)
    {
        for (int row = 0; row < matrix.Rows; row++)
        {
            new Span<float>(CpuBuffer.Of(matrix) + ((long)row * matrix.Stride), matrix.Columns).Clear();
        }
    }

    private static void Fill(AttentionInput input, float value)
    {
        for (int head = 0; head < input.QueryHeads; head++)
        {
            new Span<float>(input.Mass + (head * input.MassStride), input.Length).Fill(value);
        }
    }

    /// <summary>Where the pages of a layer lie, group after group, with room for the groups of a call behind their addresses.</summary>
    private AttentionInput Locate(KvLayer layer, int groups, out byte** pages, out HeadGroup* groupMemory)
    {
        int count = 0;
        foreach (KvGroup group in layer.Groups)
        {
            count += group.Pages.Length;
        }

        pages = (byte**)_groupScratch.Reserve(((long)count * sizeof(byte*)) + ((long)groups * sizeof(HeadGroup)));
        byte** next = pages;
        foreach (KvGroup group in layer.Groups)
        {
            foreach (KvPage page in group.Pages)
            {
                *next++ = ((CpuBuffer)page.Buffer).Data + page.OffsetBytes;
            }
        }

        groupMemory = (HeadGroup*)next;
        KvLayout layout = layer.Layout;
        return new AttentionInput
        {
            KeyType = layout.KeyType,
            ValueType = layout.ValueType,
            KeyBytes = layout.KeyBytes,
            TokenBytes = layout.TokenBytes,
            HeadBytes = layout.HeadBytes,
            KeyDimension = layout.KeyDimension,
            ValueDimension = layout.ValueDimension,
        };
    }

    private AttentionInput Input(
        AttentionShape shape, Matrix queries, KvLayer layer, int firstPosition, int groupCount, out byte** pages, out HeadGroup* groups)
    {
        AttentionInput input = Locate(layer, groupCount, out pages, out groups);
        int width = VectorWidth;
        input.Queries = CpuBuffer.Of(queries);
        input.QueryStride = queries.Stride;
        input.Tokens = queries.Rows;
        input.FirstPosition = firstPosition;
        input.QueryHeads = shape.QueryHeads;
        input.PaddedKey = (shape.HeadDimension + width - 1) / width * width;
        input.PaddedValue = (shape.ValueDimension + width - 1) / width * width;
        input.Scale = shape.Scale;
        input.SoftCap = shape.SoftCap;
        input.Window = shape.Window;
        input.Chunk = shape.Chunk;
        input.IsCausal = shape.Causal;
        input.Sinks = shape.Sinks is { } sinks ? CpuBuffer.Of(sinks) : null;
        foreach (KvGroup group in layer.Groups)
        {
            input.LeavesRowsOut |= group.IsMapped;
        }

        return input;
    }

    /// <summary>Group <paramref name="index"/> of those that a plan makes, with all its queries.</summary>
    private static HeadGroup Group(
        in AttentionInput input, AttentionShape shape, KvLayer layer, byte** pages, AttentionPlan plan, int index, int groupCount)
    {
        HeadGroup group = new()
        {
            FirstHead = index * (shape.QueryHeads / groupCount),
            Heads = shape.QueryHeads / groupCount,
            QueryCount = input.Tokens,
            Pages = pages,
        };
        int kvHead = group.FirstHead / shape.GroupSize;
        foreach (KvGroup rows in layer.Groups)
        {
            group.KvHead = kvHead - rows.FirstHead;
            if (group.KvHead < rows.Layout.KvHeads)
            {
                group.RowPositions = rows.IsMapped ? rows.PositionsPointer : null;
                group.RowCount = rows.IsMapped ? rows.Positions.Length : input.Length;
                break;
            }

            group.Pages += rows.Pages.Length;
        }

        if (plan.Kind != AttentionPlanKind.All)
        {
            int list = plan.Kind == AttentionPlanKind.Shared ? 0 : index;
            group.Rows = ((HostPlan)plan).RowsPointer(list);
            group.RowCount = plan.Rows(list).Length;
        }

        return group;
    }

    /// <summary>The groups of a prompt: one for each list of the plan.</summary>
    private static void SetGroups(
        in AttentionInput input, AttentionShape shape, KvLayer layer, byte** pages, AttentionPlan plan, HeadGroup* groups, int groupCount)
    {
        for (int i = 0; i < groupCount; i++)
        {
            HeadGroup group = Group(in input, shape, layer, pages, plan, i, groupCount);
            if (plan.SelectsQueries)
            {
                int before = group.CountUpTo(input.FirstPosition - 1, 0, group.RowCount);
                group.Positions = group.Rows + before;
                group.QueryCount = group.CountUpTo(input.Length - 1, 0, group.RowCount) - before;
            }

            groups[i] = group;
        }
    }

    /// <summary>The groups of steps: one for each list of the plan and step, the steps of a list side by side, because they read the same rows.</summary>
    private static void SetSteps(
        in AttentionInput input, AttentionShape shape, KvLayer layer, byte** pages, AttentionPlan plan, HeadGroup* groups, int groupCount)
    {
        for (int i = 0; i < groupCount; i++)
        {
            HeadGroup group = Group(in input, shape, layer, pages, plan, i, groupCount);
            for (group.Query = 0; group.Query < input.Tokens; group.Query++)
            {
                int position = input.FirstPosition + group.Query;
                group.End = group.CountUpTo(position, 0, group.RowCount);
                group.Begin = Math.Min(group.End, group.CountUpTo(input.FirstVisible(position) - 1, 0, group.RowCount));
                if (plan.SelectsQueries && (group.End == 0 || group.Position(group.End - 1) != position))
                {
                    group.Begin = group.End = 0;
                }

                *groups++ = group;
            }
        }
    }

    private int VectorWidth => _isa switch
    {
        CpuIsa.Avx512 => Simd512.Width,
        CpuIsa.Avx2 => Simd256.Width,
        _ => Simd128.Width,
    };

    private void AttendSteps(AttentionInput input, HeadGroup* groups, int groupCount)
    {
        if (input.Mass is not null && (input.LeavesRowsOut || input.FirstVisible(input.FirstPosition) > 0))
        {
            // Rows that nobody scores stay at a probability of e^−∞.
            Fill(input, float.NegativeInfinity);
        }

        int items = 0;
        long partialFloats = 0;
        for (int i = 0; i < groupCount; i++)
        {
            ref HeadGroup group = ref groups[i];
            group.Items = (group.End - group.Begin + DecodeJob.PartitionRows - 1) / DecodeJob.PartitionRows;
            group.Remaining = group.Items;
            group.FirstItem = items;
            items += group.Items;
            partialFloats += (long)group.Items * DecodeJob.PartialFloats(group.Heads, input.PaddedValue);
            if (group.Items == 0)
            {
                LeaveOut(input, group);
            }
        }

        int tasks = Math.Min(_pool.Threads, items);
        long slotFloats = WholeLines(DecodeJob.SlotSize(in input, groups[0].Heads, VectorWidth));
        float* scratch = (float*)_attentionScratch.Reserve(((slotFloats * tasks) + partialFloats) * sizeof(float));
        float* partials = scratch + (slotFloats * tasks);
        for (int i = 0; i < groupCount; i++)
        {
            groups[i].Partials = partials;
            partials += (long)groups[i].Items * DecodeJob.PartialFloats(groups[i].Heads, input.PaddedValue);
        }

        bool isWhole = input.KeyDimension == input.PaddedKey && input.ValueDimension == input.PaddedValue && input.KeyType == input.ValueType;
        DecodeJob job = new()
        {
            Input = input,
            Groups = groups,
            GroupCount = groupCount,
            Slots = scratch,
            SlotFloats = slotFloats,
            Decodes = !isWhole,
            Items = items,
        };
        _pool.Run(
            (_isa, isWhole ? input.KeyType : TensorType.F32) switch
            {
                (CpuIsa.Avx512, TensorType.F16) => &DecodeJob.Work<Simd512, Vector512<float>, F16Elements>,
                (CpuIsa.Avx512, TensorType.Q8_0) => &DecodeJob.Work<Simd512, Vector512<float>, Q8Elements>,
                (CpuIsa.Avx512, TensorType.BF16) => &DecodeJob.Work<Simd512, Vector512<float>, BF16Elements>,
                (CpuIsa.Avx512, TensorType.Q4_0) => &DecodeJob.Work<Simd512, Vector512<float>, Q4Elements>,
                (CpuIsa.Avx512, TensorType.F32) => &DecodeJob.Work<Simd512, Vector512<float>, F32Elements>,
                (CpuIsa.Avx2, TensorType.F16) => &DecodeJob.Work<Simd256, Vector256<float>, F16Elements>,
                (CpuIsa.Avx2, TensorType.Q8_0) => &DecodeJob.Work<Simd256, Vector256<float>, Q8Elements>,
                (CpuIsa.Avx2, TensorType.BF16) => &DecodeJob.Work<Simd256, Vector256<float>, BF16Elements>,
                (CpuIsa.Avx2, TensorType.Q4_0) => &DecodeJob.Work<Simd256, Vector256<float>, Q4Elements>,
                (CpuIsa.Avx2, TensorType.F32) => &DecodeJob.Work<Simd256, Vector256<float>, F32Elements>,
                (_, TensorType.F16) => &DecodeJob.Work<Simd128, Vector128<float>, F16Elements>,
                (_, TensorType.Q8_0) => &DecodeJob.Work<Simd128, Vector128<float>, Q8Elements>,
                (_, TensorType.BF16) => &DecodeJob.Work<Simd128, Vector128<float>, BF16Elements>,
                (_, TensorType.Q4_0) => &DecodeJob.Work<Simd128, Vector128<float>, Q4Elements>,
                (_, TensorType.F32) => &DecodeJob.Work<Simd128, Vector128<float>, F32Elements>,
                _ => throw new InvalidOperationException($"there are no kernels for keys and values of type {input.KeyType}"),
            },
            &job,
            tasks);
    }

    /// <summary>Heads that have nothing to attend to yield zeros.</summary>
    private static void LeaveOut(AttentionInput input, HeadGroup group)
    {
        for (int head = group.FirstHead; head < group.FirstHead + group.Heads; head++)
        {
            if (input.Output is not null)
            {
                new Span<float>(input.Output + (group.Query * input.OutputStride) + ((long)head * input.ValueDimension), input.ValueDimension).Clear();
            }

            if (input.Mass is not null)
            {
                new Span<float>(input.Mass + (head * input.MassStride), input.Length).Clear();
            }
        }
    }

    private void AttendPrompt(AttentionInput input, HeadGroup* groups, int groupCount)
    {
        int items = 0;
        for (int i = 0; i < groupCount; i++)
        {
            ref HeadGroup group = ref groups[i];
            int queries = PrefillJob.TileQueries(group.Heads);
            group.Items = (group.QueryCount + queries - 1) / queries;
            group.FirstItem = items;
            items += group.Items;
        }

        long slotFloats = WholeLines(PrefillJob.SlotSize(in input, groups[0].Heads, VectorWidth));
        long statistics = input.Mass is null ? 0 : (long)input.QueryHeads * input.Tokens;
        float* scratch = (float*)_attentionScratch.Reserve(((slotFloats * _pool.Threads) + (2 * statistics)) * sizeof(float));
        PrefillJob job = new()
        {
            Input = input,
            Groups = groups,
            GroupCount = groupCount,
            Slots = scratch,
            SlotFloats = slotFloats,
            Items = items,
        };
        if (input.Mass is not null)
        {
            job.Maxima = scratch + (slotFloats * _pool.Threads);
            job.Shares = job.Maxima + statistics;
        }

        _pool.Run(
            _isa switch
            {
                CpuIsa.Avx512 => &PrefillJob.Work<Simd512, Vector512<float>>,
                CpuIsa.Avx2 => &PrefillJob.Work<Simd256, Vector256<float>>,
                _ => &PrefillJob.Work<Simd128, Vector128<float>>,
            },
            &job,
            Math.Min(_pool.Threads, items));
        if (input.Mass is not null)
        {
            AddUpMass(&job);
        }
    }

    private void AddUpMass(PrefillJob* prefill)
    {
        AttentionInput input = prefill->Input;
        MassJob job = new() { Prefill = prefill };
        for (int i = 0; i < prefill->GroupCount; i++)
        {
            ref HeadGroup group = ref prefill->Groups[i];
            group.RowCount = group.CountUpTo(input.Length - 1, 0, group.RowCount);
            group.FirstItem = job.Items;
            group.Items = (group.RowCount + AttentionInput.TileRows - 1) / AttentionInput.TileRows;
            job.Items += group.Items;
        }

        if (input.LeavesRowsOut)
        {
            Fill(input, 0);
        }

        _pool.Run(
            _isa switch
            {
                CpuIsa.Avx512 => &MassJob.Work<Simd512, Vector512<float>>,
                CpuIsa.Avx2 => &MassJob.Work<Simd256, Vector256<float>>,
                _ => &MassJob.Work<Simd128, Vector128<float>>,
            },
            &job,
            Math.Min(_pool.Threads, job.Items));
    }

    /// <summary>Floats in whole cache lines, so that slots of threads do not share one.</summary>
    private static long WholeLines(long floats) => (floats + 15) / 16 * 16;
}
