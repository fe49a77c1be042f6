using Winnow.Compute.Cpu.Experts;

namespace Winnow.Compute.Cpu;

internal sealed unsafe partial class CpuStream
{
    private readonly ExpertRouting _routing = new();
    private readonly ExpertPaging _paging = new();
    private CpuBuffer? _expertBuffer;

    /// <summary>Expert after expert, each with all its rows at once: its weights are read once however many tokens choose it.</summary>
    protected override void MixExpertsCore(ExpertWeights experts, Matrix scores, Matrix input, Matrix output, int steps)
    {
        int hidden = input.Columns;
        int inner = experts.Up.Outputs;
        ExpertList? gateWeights = (ExpertList?)experts.Gate;
        ExpertList upWeights = (ExpertList)experts.Up;
        ExpertList downWeights = (ExpertList)experts.Down;
        ReserveExpertBuffer((long)input.Rows * ((2 * hidden) + (2 * inner)) * sizeof(float));
        Matrix gathered = new(_expertBuffer!, 0, input.Rows, hidden, hidden);
        Matrix results = new(_expertBuffer!, (long)input.Rows * hidden, input.Rows, hidden, hidden);
        Matrix gates = new(_expertBuffer!, 2L * input.Rows * hidden, input.Rows, inner, inner);
        Matrix ups = new(_expertBuffer!, (2L * input.Rows * hidden) + ((long)input.Rows * inner), input.Rows, inner, inner);

        _routing.Route(experts, CpuBuffer.Of(scores), scores.Stride, input.Rows);
        _paging.ReadAhead(_routing, gateWeights is null ? [upWeights, downWeights] : [gateWeights, upWeights, downWeights]);
        for (int row = 0; row < output.Rows; row++)
        {
            RowOf(output, row).Clear();
        }

        for (int e = 0; e < experts.Count; e++)
        {
            ReadOnlySpan<int> rows = _routing.Rows(e);
            if (rows.IsEmpty)
            {
                continue;
            }

            Matrix own = gathered.RowSlice(0, rows.Length);
            int ownSteps = 0;
            for (int i = 0; i < rows.Length; i++)
            {
                RowOf(input, rows[i]).CopyTo(RowOf(own, i));
                // Rows ascend: those that are steps come first here too.
                ownSteps += rows[i] < steps ? 1 : 0;
            }

            Matrix gate = gates.RowSlice(0, rows.Length);
            Matrix up = ups.RowSlice(0, rows.Length);
            Matrix result = results.RowSlice(0, rows.Length);
            if (experts.Router.ScalesInput)
            {
                for (int i = 0; i < rows.Length; i++)
                {
                    ScaleCore(own.RowSlice(i, 1), _routing.Weights(e)[i]);
                }
            }

            if (gateWeights is null)
            {
                MatMulCore([upWeights[e]], own, [gate], ownSteps);
                AddBias(experts.UpBias, e, gate);
                ActivateCore(experts.Activation, gate);
            }
            else
            {
                MatMulCore([gateWeights[e], upWeights[e]], own, [gate, up], ownSteps);
                AddBias(experts.GateBias, e, gate);
                AddBias(experts.UpBias, e, up);
                GateCore(experts.Activation, gate, up, gate);
            }

            MatMulCore([downWeights[e]], gate, [result], ownSteps);
            AddBias(experts.DownBias, e, result);
            for (int i = 0; i < rows.Length; i++)
            {
                AddCore(output.RowSlice(rows[i], 1), result.RowSlice(i, 1), experts.Router.ScalesInput ? 1 : _routing.Weights(e)[i]);
            }
        }
    }

    private void AddBias(Matrix? biases, int expert, Matrix rows)
    {
        if (biases is { } bias)
        {
            AddCore(rows, bias.RowSlice(expert, 1), 1);
        }
    }

    private static Span<float> RowOf(Matrix matrix, int row) => new(CpuBuffer.Of(matrix) + ((long)row * matrix.Stride), matrix.Columns);

    private void ReserveExpertBuffer(long sizeBytes)
    {
        if (_expertBuffer is null || _expertBuffer.SizeBytes < sizeBytes)
        {
            _expertBuffer?.Dispose();
            _expertBuffer = new CpuBuffer(sizeBytes);
        }
    }
}
