using Winnow.Compute;

namespace Winnow.Tests.Compute.Deferred;

internal sealed partial class DeferredStream
{
    protected override void MultiplyCore(Matrix a, Matrix b, Matrix output)
    {
        (Matrix one, Matrix other, Matrix target) = (DeferredBuffer.Of(a), DeferredBuffer.Of(b), DeferredBuffer.Of(output));
        device.Ask(() => inner.Multiply(one, other, target));
    }

    protected override void ConvolveCore(Matrix input, Matrix weight, Matrix? bias, Matrix before, Matrix after, Matrix output)
    {
        (Matrix source, Matrix kernel, Matrix target) = (DeferredBuffer.Of(input), DeferredBuffer.Of(weight), DeferredBuffer.Of(output));
        (Matrix first, Matrix last) = (DeferredBuffer.Of(before), DeferredBuffer.Of(after));
        Matrix? addend = DeferredBuffer.Of(bias);
        device.Ask(() => inner.Convolve(source, kernel, addend, first, last, target));
    }

    protected override void AttendLinearlyCore(LinearAttentionShape shape, in LinearAttentionRows rows, Matrix before, Matrix after, Matrix output)
    {
        LinearAttentionRows own = new(
            DeferredBuffer.Of(rows.Query),
            DeferredBuffer.Of(rows.Key),
            DeferredBuffer.Of(rows.Value),
            DeferredBuffer.Of(rows.Decay),
            DeferredBuffer.Of(rows.Rate),
            DeferredBuffer.Of(rows.Skip));
        (Matrix first, Matrix last, Matrix target) = (DeferredBuffer.Of(before), DeferredBuffer.Of(after), DeferredBuffer.Of(output));
        device.Ask(() => inner.AttendLinearly(shape, own, first, last, target));
    }

    protected override void ScanStatesCore(
        Matrix value, Matrix step, Matrix rate, Matrix key, Matrix query, Matrix skip, Matrix before, Matrix after, Matrix output)
    {
        (Matrix source, Matrix time, Matrix growth) = (DeferredBuffer.Of(value), DeferredBuffer.Of(step), DeferredBuffer.Of(rate));
        (Matrix k, Matrix q, Matrix direct) = (DeferredBuffer.Of(key), DeferredBuffer.Of(query), DeferredBuffer.Of(skip));
        (Matrix first, Matrix last, Matrix target) = (DeferredBuffer.Of(before), DeferredBuffer.Of(after), DeferredBuffer.Of(output));
        device.Ask(() => inner.ScanStates(source, time, growth, k, q, direct, first, last, target));
    }

    protected override void TimeStepsCore(Matrix step, Matrix bias, float least, float most, Matrix? rate, Matrix? decay)
    {
        (Matrix time, Matrix addend) = (DeferredBuffer.Of(step), DeferredBuffer.Of(bias));
        (Matrix? growth, Matrix? target) = (DeferredBuffer.Of(rate), DeferredBuffer.Of(decay));
        device.Ask(() => inner.TimeSteps(time, addend, least, most, growth, target));
    }
}
