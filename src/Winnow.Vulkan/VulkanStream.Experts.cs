using Winnow.Compute;
using Winnow.Vulkan.Commands;
using Winnow.Vulkan.Memory;
using Winnow.Vulkan.Products;

namespace Winnow.Vulkan;

/// <summary>Mixtures of experts: the device finds the experts of each row by itself and goes on with them.</summary>
internal sealed unsafe partial class VulkanStream
{
    private readonly ScratchMemory _expertMemory = new(device.Context);

    protected override void MixExpertsCore(ExpertWeights experts, Matrix scores, Matrix input, Matrix output, int steps)
    {
        using CommandRecorder.Operation operation = Commands.Begin();
        if (steps > 0)
        {
            MixRows(experts, scores.RowSlice(0, steps), input.RowSlice(0, steps), output.RowSlice(0, steps), isStep: true);
        }

        if (steps < input.Rows)
        {
            int prompt = input.Rows - steps;
            MixRows(experts, scores.RowSlice(steps, prompt), input.RowSlice(steps, prompt), output.RowSlice(steps, prompt), isStep: false);
        }
    }

    /// <summary>A slot is a row and one of the experts that it takes: slots of a row follow each other.</summary>
    private void MixRows(ExpertWeights experts, Matrix scores, Matrix input, Matrix output, bool isStep)
    {
        int slots = input.Rows * experts.Used;
        int inner = experts.Up.Outputs;
        long lists = isStep ? 0 : ((long)experts.Count * slots) + experts.Count;
        long floats = (2L * slots) + lists + ((long)slots * ((2L * inner) + output.Columns));
        VulkanBuffer memory = _expertMemory.Reserve(floats * sizeof(float));
        // Activations first: their rows shall be aligned.
        Matrix gates = new(memory, 0, slots, inner, inner);
        Matrix ups = new(memory, (long)slots * inner, slots, inner, inner);
        Matrix results = new(memory, 2L * slots * inner, slots, output.Columns, output.Columns);
        long behind = (long)slots * ((2L * inner) + output.Columns);
        Matrix ids = new(memory, behind, 1, slots, slots);
        Matrix shares = new(memory, behind + slots, 1, slots, slots);
        MemoryRange listed = new(AddressOf(ids) + (2UL * (ulong)slots * sizeof(float)), (ulong)lists * sizeof(float));

        Route(experts, scores, ids, shares);
        MemoryRange routing = RangeOf(ids);
        if (!isStep)
        {
            routing = listed;
            Commands.Dispatch(
                Kernel("experts_list"),
                new ListConstants(AddressOf(ids), listed.Address, (uint)slots, (uint)experts.Count),
                new WorkGroups((uint)experts.Count),
                [RangeOf(ids)],
                [listed]);
        }

        if (experts.Gate is { } gate)
        {
            MultiplyExperts(gate, input, gates, experts.Used, input.Rows, routing, isStep);
            MultiplyExperts(experts.Up, input, ups, experts.Used, input.Rows, routing, isStep);
            AddBiases(experts.GateBias, ids, gates);
            AddBiases(experts.UpBias, ids, ups);
            GateCore(experts.Activation, gates, ups, gates);
        }
        else
        {
            MultiplyExperts(experts.Up, input, gates, experts.Used, input.Rows, routing, isStep);
            AddBiases(experts.UpBias, ids, gates);
            ActivateCore(experts.Activation, gates);
        }

        MultiplyExperts(experts.Down, gates, results, 1, input.Rows, routing, isStep);
        AddBiases(experts.DownBias, ids, results);
        Commands.Dispatch(
            Kernel("experts_combine"),
            new CombineConstants(
                AddressOf(results), AddressOf(shares), AddressOf(output), (uint)experts.Used, (uint)output.Columns, (uint)output.Stride),
            new WorkGroups(Tiles(output.Columns, 64), (uint)output.Rows),
            [RangeOf(results), RangeOf(shares)],
            [RangeOf(output)]);
    }

    /// <summary>The experts of each row and their weights: the plain way in parallel, the others a row an invocation.</summary>
    private void Route(ExpertWeights experts, Matrix scores, Matrix ids, Matrix shares)
    {
        ExpertRouter router = experts.Router;
        bool isPlain = router is { Scoring: RouterScoring.Softmax, Scale: 1 } && router.GroupsUsed >= router.Groups
            && experts.Correction is null && experts.Scales is null;
        if (isPlain)
        {
            Commands.Dispatch(
                Kernel("experts_route"),
                new RouteConstants(
                    AddressOf(scores), AddressOf(ids), AddressOf(shares), (uint)scores.Stride, (uint)experts.Count, (uint)experts.Used,
                    router.NormalizesWeights ? 1u : 0),
                new WorkGroups((uint)scores.Rows),
                [RangeOf(scores)],
                [RangeOf(ids), RangeOf(shares)]);
            return;
        }

        Commands.Dispatch(
            Kernel("experts_choose"),
            new ChooseConstants(
                AddressOf(scores), experts.Correction is { } correction ? AddressOf(correction) : 0, experts.Scales is { } scales ? AddressOf(scales) : 0,
                AddressOf(ids), AddressOf(shares), (uint)scores.Stride, (uint)scores.Rows, (uint)experts.Count, (uint)experts.Used, (uint)router.Scoring,
                (uint)router.Groups, (uint)router.GroupsUsed, router.GroupsSumTwo ? 1u : 0, router.NormalizesWeights ? 1u : 0, router.Scale, router.Reach),
            new WorkGroups(Tiles(scores.Rows, 64)),
            [RangeOf(scores), experts.Correction is { } added ? RangeOf(added) : default, experts.Scales is { } factors ? RangeOf(factors) : default],
            [RangeOf(ids), RangeOf(shares)]);
    }

    private void AddBiases(Matrix? biases, Matrix ids, Matrix values)
    {
        if (biases is { } bias)
        {
            Commands.Dispatch(
                Kernel("experts_bias"),
                new BiasConstants(AddressOf(values), AddressOf(bias), AddressOf(ids), (uint)values.Columns),
                new WorkGroups(Tiles(values.Columns, 64), (uint)values.Rows),
                [RangeOf(values), RangeOf(bias), RangeOf(ids)],
                [RangeOf(values)]);
        }
    }

    private void MultiplyExperts(
        ExpertMatrix experts, Matrix input, Matrix output, int rowsPerInput, int mostRows, MemoryRange routing, bool isStep)
    {
        VulkanExpertMatrix matrix = (VulkanExpertMatrix)experts;
        ProductConstants constants = Constants(matrix.Data, matrix.Type, input, output, 1) with
        {
            Routing = routing.Address,
            ExpertBytes = (ulong)matrix.ExpertBytes,
            RowsPerInput = (uint)rowsPerInput,
            ListCapacity = (uint)output.Rows,
            Experts = (uint)matrix.Count,
        };
        if (isStep)
        {
            uint outputs = OutputsOfGroup(rows: 1);
            (string shader, MemoryRange vectors) = VectorInput(matrix.Type, input, TakesBytes(matrix.Type) ? Quantize(input) : default);
            Commands.Dispatch(
                Kernel(shader, VectorGroupSize, (uint)matrix.Type, 1, outputs, IsAligned(input), 1, 0),
                constants with { Input = vectors.Address },
                VectorGroups(output.Columns, outputs, (uint)output.Rows),
                [MemoryRange.Of(matrix.Data), vectors, routing],
                [RangeOf(output)]);
            return;
        }

        // No expert has more rows than there are rows of the prompt; workgroups without any leave.
        MatrixTile tile = MatrixTile.For(Context.Variants, matrix.Type, matrix.Outputs, Math.Min(mostRows, 2 * ((output.Rows / matrix.Count) + 1)));
        Commands.Dispatch(
            MatrixKernel(tile, matrix.Type, input, hasExperts: true, adds: false),
            constants,
            new WorkGroups(Tiles(output.Columns, tile.Outputs), Tiles(mostRows, tile.Rows), (uint)matrix.Count),
            [MemoryRange.Of(matrix.Data), RangeOf(input), routing],
            [RangeOf(output)]);
    }

    private readonly record struct RouteConstants(
        ulong Scores, ulong Ids, ulong Weights, uint Stride, uint Experts, uint Used, uint Normalizes);

    private readonly record struct ChooseConstants(
        ulong Scores, ulong Correction, ulong Scales, ulong Ids, ulong Weights, uint Stride, uint Rows, uint Experts, uint Used, uint Scoring,
        uint Groups, uint GroupsUsed, uint GroupsSumTwo, uint Normalizes, float Scale, float Reach);

    private readonly record struct BiasConstants(ulong Values, ulong Biases, ulong Ids, uint Columns);

    private readonly record struct ListConstants(ulong Ids, ulong Lists, uint Slots, uint Experts);

    private readonly record struct CombineConstants(ulong Results, ulong Weights, ulong Output, uint Used, uint Columns, uint OutputStride);
}
