using System.Numerics.Tensors;
using Winnow.Compute;

namespace Winnow.Models.Forward;

/// <summary>Turns the rows that come out of the last layer into what the segments of a pass were asked for.</summary>
internal static class SegmentOutputs
{
    /// <summary>Computes the outputs of all segments and copies them to their results. Waits for the device as seldom as memory allows.</summary>
    /// <param name="transformer">The output norm and head.</param>
    /// <param name="state">Buffers.</param>
    /// <param name="rows">The rows that came out.</param>
    public static void Write(Transformer transformer, ForwardState state, PassRows rows)
    {
        int first = 0;
        while (first < rows.Segments.Length)
        {
            bool isLogits = IsLogits(rows.Segments[first]);
            int end = first + 1;
            while (end < rows.Segments.Length && IsLogits(rows.Segments[end]) == isLogits)
            {
                end++;
            }

            WriteRange(transformer, state, rows, first, end, isLogits);
            first = end;
        }
    }

    private static bool IsLogits(Segment segment) =>
        segment.Output is ForwardOutput.LastLogits or ForwardOutput.ListedLogits or ForwardOutput.AllLogits or ForwardOutput.Candidates;

    /// <summary>Neighbouring segments that are all asked for logits, or all for something else.</summary>
    private static void WriteRange(Transformer transformer, ForwardState state, PassRows rows, int first, int end, bool isLogits)
    {
        int begin = rows.Segments[first].FirstRow;
        Segment last = rows.Segments[end - 1];
        int limit = last.FirstRow + last.Outputs;
        if (!isLogits)
        {
            bool isNone = true;
            for (int i = first; i < end; i++)
            {
                isNone &= rows.Segments[i].Output == ForwardOutput.None;
            }

            if (isNone)
            {
                return;
            }
        }
        else if (end - first == 1 && (last.Output is ForwardOutput.LastLogits or ForwardOutput.Candidates))
        {
            // Where more rows came out than were asked for, because somebody observes them.
            begin = limit - 1;
        }

        int group = isLogits ? state.LogitRows : state.Chunk;
        for (int row = begin; row < limit; row += group)
        {
            int count = Math.Min(group, limit - row);
            Matrix output = isLogits
                ? transformer.Logits(state, rows, row, count)
                : transformer.NormalizeOutput(state, rows.HiddenRows(row, count));
            ReadOnlySpan<float> values = [];
            for (int i = first; i < end; i++)
            {
                Segment segment = rows.Segments[i];
                if (segment is { Output: ForwardOutput.Candidates, Candidates: { } candidates })
                {
                    int own = segment.FirstRow + segment.Outputs - 1;
                    if (own >= row && own < row + count)
                    {
                        candidates.Count = state.FindCandidates(output.RowSlice(own - row, 1), candidates);
                    }
                }
                else
                {
                    values = values.IsEmpty ? state.Show(output) : values;
                    Take(segment, values, row, count, output.Columns);
                }
            }
        }
    }

    /// <summary>Copies what belongs to a segment from rows [first, first + count) of the pass.</summary>
    private static void Take(Segment segment, ReadOnlySpan<float> values, int first, int count, int width)
    {
        Span<float> result = segment.Result.Span;
        int from = Math.Max(segment.FirstRow, first);
        int to = Math.Min(segment.FirstRow + segment.Outputs, first + count);
        for (int row = from; row < to; row++)
        {
            ReadOnlySpan<float> source = values.Slice((row - first) * width, width);
            int token = segment.OutputToken(row - segment.FirstRow);
            switch (segment.Output)
            {
                case ForwardOutput.LastLogits when token == segment.Rows - 1:
                    source.CopyTo(result);
                    break;
                case ForwardOutput.ListedLogits when segment.OutputRows.Span.BinarySearch(token) is >= 0 and int index:
                    source.CopyTo(result[(index * width)..]);
                    break;
                case ForwardOutput.AllLogits or ForwardOutput.Hidden:
                    source.CopyTo(result[(token * width)..]);
                    break;
                case ForwardOutput.Pooled:
                    TensorPrimitives.Add(result[..width], source, result[..width]);
                    break;
            }
        }
    }
}
