using Winnow.Compute;

namespace Winnow.Tests.Compute.Deferred;

/// <summary>Puts every operation off, with its arguments as they are when it is asked for.</summary>
internal sealed partial class DeferredStream(DeferredDevice device, ComputeStream inner) : ComputeStream
{
    public static ComputeStream Of(ComputeStream stream) => ((DeferredStream)stream).Inner;

    public override Device Device => device;

    private ComputeStream Inner => inner;

    internal override void RunOnHost(IHostWork work, int parts) => inner.RunOnHost(work, parts);

    protected override void EmbedCore(Weight table, ReadOnlySpan<int> ids, Matrix output)
    {
        int[] rows = ids.ToArray();
        Matrix target = DeferredBuffer.Of(output);
        device.Ask(() => inner.Embed(DeferredWeight.Of(table), rows, target));
    }

    protected override void MatMulCore(ReadOnlySpan<Weight> weights, Matrix input, ReadOnlySpan<Matrix> outputs, int steps)
    {
        Weight[] factors = Array.ConvertAll(weights.ToArray(), DeferredWeight.Of);
        Matrix source = DeferredBuffer.Of(input);
        Matrix[] targets = Array.ConvertAll(outputs.ToArray(), DeferredBuffer.Of);
        device.Ask(() => inner.MatMul(factors, source, targets, steps));
    }

    protected override void RmsNormCore(Matrix input, Matrix weight, float epsilon, Matrix output)
    {
        (Matrix source, Matrix factor, Matrix target) = (DeferredBuffer.Of(input), DeferredBuffer.Of(weight), DeferredBuffer.Of(output));
        device.Ask(() => inner.RmsNorm(source, factor, epsilon, target));
    }

    protected override void LayerNormCore(Matrix input, Matrix weight, Matrix? bias, float epsilon, Matrix output)
    {
        (Matrix source, Matrix factor, Matrix target) = (DeferredBuffer.Of(input), DeferredBuffer.Of(weight), DeferredBuffer.Of(output));
        Matrix? addend = DeferredBuffer.Of(bias);
        device.Ask(() => inner.LayerNorm(source, factor, addend, epsilon, target));
    }

    protected override void RopeCore(Matrix rows, int headDimension, RopeFrequencies frequencies, ReadOnlySpan<int> positions)
    {
        int[] places = positions.ToArray();
        Matrix target = DeferredBuffer.Of(rows);
        device.Ask(() => inner.Rope(target, headDimension, frequencies, places));
    }

    protected override void AppendCore(KvLayer layer, Matrix keys, Matrix values, int firstPosition)
    {
        KvLayer pages = DeferredBuffer.Of(layer);
        (Matrix key, Matrix value) = (DeferredBuffer.Of(keys), DeferredBuffer.Of(values));
        device.Ask(() => inner.Append(pages, key, value, firstPosition));
    }

    protected override void AttendCore(
        AttentionShape shape, Matrix queries, KvLayer layer, int firstPosition, AttentionPlan plan, bool isStep, Matrix output, Matrix? mass)
    {
        KvLayer pages = DeferredBuffer.Of(layer);
        (Matrix query, Matrix target) = (DeferredBuffer.Of(queries), DeferredBuffer.Of(output));
        Matrix? seen = DeferredBuffer.Of(mass);
        AttentionPlan rows = DeferredPlan.Of(plan);
        device.Ask(() => inner.Attend(shape, query, pages, firstPosition, rows, isStep, target, seen));
    }

    protected override void AttentionMassCore(AttentionShape shape, Matrix queries, KvLayer layer, int firstPosition, Matrix mass)
    {
        KvLayer pages = DeferredBuffer.Of(layer);
        (Matrix query, Matrix seen) = (DeferredBuffer.Of(queries), DeferredBuffer.Of(mass));
        device.Ask(() => inner.AttentionMass(shape, query, pages, firstPosition, seen));
    }

    protected override void ReadKeysCore(KvLayer layer, int first, int step, RopeFrequencies? undo, Matrix keys)
    {
        KvLayer pages = DeferredBuffer.Of(layer);
        Matrix target = DeferredBuffer.Of(keys);
        device.Ask(() => inner.ReadKeys(pages, first, step, target.Rows, undo, target));
    }

    protected override void GateCore(Activation activation, Matrix gate, Matrix up, Matrix output)
    {
        (Matrix factor, Matrix source, Matrix target) = (DeferredBuffer.Of(gate), DeferredBuffer.Of(up), DeferredBuffer.Of(output));
        device.Ask(() => inner.Gate(activation, factor, source, target));
    }

    protected override void MixExpertsCore(ExpertWeights experts, Matrix scores, Matrix input, Matrix output, int steps)
    {
        ExpertWeights weights = experts with
        {
            Gate = experts.Gate is { } gate ? DeferredWeight.Of(gate) : null,
            Up = DeferredWeight.Of(experts.Up),
            Down = DeferredWeight.Of(experts.Down),
            GateBias = DeferredBuffer.Of(experts.GateBias),
            UpBias = DeferredBuffer.Of(experts.UpBias),
            DownBias = DeferredBuffer.Of(experts.DownBias),
            Correction = DeferredBuffer.Of(experts.Correction),
            Scales = DeferredBuffer.Of(experts.Scales),
        };
        (Matrix score, Matrix source, Matrix target) = (DeferredBuffer.Of(scores), DeferredBuffer.Of(input), DeferredBuffer.Of(output));
        device.Ask(() => inner.MixExperts(weights, score, source, target, steps));
    }

    protected override void ActivateCore(Activation activation, Matrix values)
    {
        Matrix target = DeferredBuffer.Of(values);
        device.Ask(() => inner.Activate(activation, target));
    }

    protected override void AddCore(Matrix target, Matrix addend, float scale)
    {
        (Matrix sum, Matrix more) = (DeferredBuffer.Of(target), DeferredBuffer.Of(addend));
        device.Ask(() => inner.Add(sum, more, scale));
    }

    public override void AddGated(Matrix target, Matrix addend, Matrix gates)
    {
        (Matrix sum, Matrix more, Matrix weights) = (DeferredBuffer.Of(target), DeferredBuffer.Of(addend), DeferredBuffer.Of(gates));
        device.Ask(() => inner.AddGated(sum, more, weights));
    }

    protected override void ScaleCore(Matrix values, float factor)
    {
        Matrix target = DeferredBuffer.Of(values);
        device.Ask(() => inner.Scale(target, factor));
    }

    protected override void ClampCore(Matrix values, float limit)
    {
        Matrix target = DeferredBuffer.Of(values);
        device.Ask(() => inner.Clamp(target, limit));
    }

    protected override void SoftCapCore(Matrix values, float cap)
    {
        Matrix target = DeferredBuffer.Of(values);
        device.Ask(() => inner.SoftCap(target, cap));
    }

    internal override void CopyCore(Matrix source, Matrix target)
    {
        (Matrix from, Matrix to) = (DeferredBuffer.Of(source), DeferredBuffer.Of(target));
        device.Ask(() => inner.Copy(from, to));
    }

    protected override void WriteCore(ReadOnlySpan<float> source, Matrix target)
    {
        float[] values = source.ToArray();
        Matrix to = DeferredBuffer.Of(target);
        device.Ask(() => inner.Write(values, to));
    }

    protected override void ReadCore(Matrix source, Span<float> target)
    {
        device.Wait();
        inner.Read(DeferredBuffer.Of(source), target);
    }

    protected override void Dispose(bool disposing) => device.Ask(inner.Dispose);
}
