using Winnow.Compute;
using Winnow.Compute.Host.Selection;

namespace Winnow.Tests.Compute.Reference;

internal sealed partial class ReferenceStream
{
    protected override void RopeCore(Matrix rows, int headDimension, RopeFrequencies frequencies, ReadOnlySpan<int> positions)
    {
        int pairs = frequencies.InverseFrequencies.Length;
        for (int t = 0; t < rows.Rows; t++)
        {
            for (int first = 0; first < rows.Columns; first += headDimension)
            {
                Span<float> head = Row(rows, t).Slice(first, headDimension);
                for (int i = 0; i < pairs; i++)
                {
                    float angle = positions[t] * frequencies.InverseFrequencies[i];
                    double sine = Math.Sin(angle) * frequencies.Magnitude;
                    double cosine = Math.Cos(angle) * frequencies.Magnitude;
                    (int x, int y) = frequencies.Interleaved ? (2 * i, (2 * i) + 1) : (i, i + pairs);
                    (head[x], head[y]) = ((float)((head[x] * cosine) - (head[y] * sine)), (float)((head[y] * cosine) + (head[x] * sine)));
                }
            }
        }
    }

    protected override void AppendCore(KvLayer layer, Matrix keys, Matrix values, int firstRow)
    {
        int width = layer.Layout.HeadDimension;
        for (int t = 0; t < keys.Rows; t++)
        {
            for (int head = 0; head < layer.Layout.KvHeads; head++)
            {
                Span<byte> pair = KeyAndValue(layer, head, firstRow + t);
                ReferenceRow.Encode(layer.Layout.Type, Row(keys, t).Slice(head * width, width), pair[..layer.Layout.RowBytes]);
                ReferenceRow.Encode(layer.Layout.Type, Row(values, t).Slice(head * width, width), pair[layer.Layout.RowBytes..]);
            }
        }
    }

    protected override void AttendCore(
        AttentionShape shape, Matrix queries, KvLayer layer, int firstPosition, AttentionPlan plan, bool isStep, Matrix output, Matrix? mass)
    {
        plan = HostPlan.Resolve(plan, ref mass);
        Clear(mass);
        for (int t = 0; t < queries.Rows; t++)
        {
            int position = firstPosition + t;
            for (int head = 0; head < shape.QueryHeads; head++)
            {
                int kvHead = head / shape.GroupSize;
                int[] rows = VisibleRows(shape, plan, head, position);
                double[] weights = Softmax(shape, layer, kvHead, Head(queries, t, head, shape), rows);
                WeightedValues(layer, kvHead, rows, weights, Head(output, t, head, shape));
                AddMass(mass, head, rows, weights, queries.Rows);
            }
        }
    }

    protected override void AttentionMassCore(AttentionShape shape, Matrix queries, KvLayer layer, int firstPosition, Matrix mass)
    {
        Clear(mass);
        for (int t = 0; t < queries.Rows; t++)
        {
            for (int head = 0; head < shape.QueryHeads; head++)
            {
                int[] rows = VisibleRows(shape, AttentionPlan.All, head, firstPosition + t);
                AddMass(mass, head, rows, Softmax(shape, layer, head / shape.GroupSize, Head(queries, t, head, shape), rows), queries.Rows);
            }
        }
    }

    /// <summary>The plan's rows, less those of the future and those that have left the window; none for a query that is left out.</summary>
    private static int[] VisibleRows(AttentionShape shape, AttentionPlan plan, int head, int position)
    {
        int[] named = plan.Kind switch
        {
            AttentionPlanKind.All => [.. Enumerable.Range(0, position + 1)],
            AttentionPlanKind.Shared => plan.Rows(0).ToArray(),
            AttentionPlanKind.PerKvHead => plan.Rows(head / shape.GroupSize).ToArray(),
            AttentionPlanKind.PerQueryHead => plan.Rows(head).ToArray(),
            _ => throw new ArgumentOutOfRangeException(nameof(plan)),
        };
        bool attends = !plan.SelectsQueries || named.Contains(position);
        return attends ? [.. named.Where(row => row <= position && (shape.Window <= 0 || position - row < shape.Window))] : [];
    }

    private static double[] Softmax(AttentionShape shape, KvLayer layer, int kvHead, ReadOnlySpan<float> query, int[] rows)
    {
        double[] weights = new double[rows.Length];
        float[] key = new float[shape.HeadDimension];
        for (int i = 0; i < rows.Length; i++)
        {
            ReferenceRow.Decode(layer.Layout.Type, KeyAndValue(layer, kvHead, rows[i])[..layer.Layout.RowBytes], key);
            double score = Dot(query, key) * shape.Scale;
            weights[i] = shape.SoftCap > 0 ? shape.SoftCap * Math.Tanh(score / shape.SoftCap) : score;
        }

        double largest = weights.DefaultIfEmpty().Max();
        double sum = weights.Sum(score => Math.Exp(score - largest));
        return Array.ConvertAll(weights, score => Math.Exp(score - largest) / sum);
    }

    private static void WeightedValues(KvLayer layer, int kvHead, int[] rows, double[] weights, Span<float> output)
    {
        double[] sum = new double[output.Length];
        float[] value = new float[output.Length];
        for (int i = 0; i < rows.Length; i++)
        {
            ReferenceRow.Decode(layer.Layout.Type, KeyAndValue(layer, kvHead, rows[i])[layer.Layout.RowBytes..], value);
            for (int j = 0; j < sum.Length; j++)
            {
                sum[j] += weights[i] * value[j];
            }
        }

        for (int j = 0; j < sum.Length; j++)
        {
            output[j] = (float)sum[j];
        }
    }

    private static void Clear(Matrix? mass)
    {
        for (int head = 0; mass is { } m && head < m.Rows; head++)
        {
            Row(m, head).Clear();
        }
    }

    private static void AddMass(Matrix? mass, int head, int[] rows, double[] weights, int queries)
    {
        for (int i = 0; mass is { } m && i < rows.Length; i++)
        {
            Row(m, head)[rows[i]] += (float)(weights[i] / queries);
        }
    }

    private static Span<float> Head(Matrix rows, int t, int head, AttentionShape shape) =>
        Row(rows, t).Slice(head * shape.HeadDimension, shape.HeadDimension);

    private static Span<byte> KeyAndValue(KvLayer layer, int kvHead, int row)
    {
        KvPage page = layer.Pages[row / KvLayout.PageTokens];
        return ReferenceBuffer.Page(page, layer.Layout).Slice((int)layer.Layout.RowOffset(kvHead, row % KvLayout.PageTokens), layer.Layout.TokenBytes);
    }
}
