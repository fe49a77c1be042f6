using System.Numerics.Tensors;

namespace Winnow.Compute.Host.Selection;

internal sealed partial class HostSelector
{
    private float[] _tokenScores = [];
    private float[] _tokenSum = [];
    private float[] _ascending = [];

    public override void TakeTokens(
        ComputeStream stream, Matrix mass, AttentionShape shape, TokenChoice choice, ReadOnlySpan<bool> sparse, AttentionPlan plan)
    {
        HostPlan target = (HostPlan)plan;
        int length = mass.Columns;
        int older = length - choice.Window;
        if (_tokenSum.Length < older || _tokenScores.Length < shape.QueryHeads * older)
        {
            _tokenScores = new float[shape.QueryHeads * older];
            _tokenSum = new float[older];
            _ascending = new float[older];
        }

        ReadOnlySpan<float> values = stream.Map(mass, ref _mass);
        for (int head = 0; head < shape.QueryHeads; head++)
        {
            Pooling.Average(values.Slice(head * length, older), choice.Pool, TokenScore(head, older));
        }

        bool perKvHead = plan.Kind == AttentionPlanKind.PerKvHead;
        int common = perKvHead ? 0 : CountKept(SumScores(0, shape.QueryHeads, sparse, shape.GroupSize, older), choice);
        bool leavesOut = false;
        for (int list = 0; list < plan.Lists; list++)
        {
            if (!sparse[list * shape.KvHeads / plan.Lists])
            {
                Count(target.Resize(list, length), 0);
                continue;
            }

            ReadOnlySpan<float> score = perKvHead
                ? SumScores(list * shape.GroupSize, shape.GroupSize, sparse, shape.GroupSize, older)
                : TokenScore(list, older);
            int keep = perKvHead ? CountKept(score, choice) : common;
            Span<int> rows = target.Resize(list, keep + choice.Window);
            _top.Select(score, rows[..keep]);
            Count(rows[keep..], older);
            leavesOut |= keep < older;
        }

        if (!leavesOut)
        {
            target.ReadAll();
        }
    }

    private Span<float> TokenScore(int head, int older) => _tokenScores.AsSpan(head * older, older);

    /// <summary>The scores of some query heads added up, those of the heads that leave nothing out aside.</summary>
    private ReadOnlySpan<float> SumScores(int first, int count, ReadOnlySpan<bool> sparse, int groupSize, int older)
    {
        Span<float> sum = _tokenSum.AsSpan(0, older);
        sum.Clear();
        for (int head = first; head < first + count; head++)
        {
            if (sparse[head / groupSize])
            {
                TensorPrimitives.Add(sum, TokenScore(head, older), sum);
            }
        }

        return sum;
    }

    /// <summary>How many tokens before the window are kept.</summary>
    private int CountKept(ReadOnlySpan<float> score, TokenChoice choice)
    {
        int drop = CountDropped(score, choice.Coverage);
        return drop == 0 ? score.Length : Math.Max(choice.Minimum, score.Length - drop - 1);
    }

    /// <summary>How many tokens, the least looked at first, together hold less than a part of the mass.</summary>
    private int CountDropped(ReadOnlySpan<float> score, float coverage)
    {
        double sum = 0;
        foreach (float value in score)
        {
            sum += value;
        }

        Span<float> ascending = _ascending.AsSpan(0, score.Length);
        score.CopyTo(ascending);
        ascending.Sort();
        double cumulated = 0;
        int drop = 0;
        while (drop < ascending.Length && (cumulated += ascending[drop] / sum) < coverage)
        {
            drop++;
        }

        return drop;
    }
}
