using Winnow.Compute;

namespace Winnow.DeviceTests;

/// <summary>What layers with a state compute: convolutions, linear attention, state spaces.</summary>
public abstract class RecurrenceOperationTests : OperationTests
{
    private const double Tolerance = 2e-5;

    private static readonly int[] Widths = [1, 3, 15, 16, 17, 64, 65, 100, 257];

    private static readonly LinearAttentionShape[] Shapes =
    [
        new(1, 1, 1, 1),
        new(4, 2, 16, 16) { IsDelta = true },
        new(4, 2, 16, 16) { IsDelta = true, TilesKeyHeads = true },
        new(3, 3, 5, 7) { FadesChannels = true, IsDelta = true },
        new(6, 1, 8, 64),
        new(2, 2, 33, 131),
        new(2, 1, 64, 100) { IsDelta = true },
    ];

    [Fact]
    public void Products_of_elements()
    {
        foreach (int width in Widths)
        {
            foreach (int rows in new[] { 1, 3 })
            {
                Compare($"product of {width}, {rows} rows", 1e-7, o =>
                {
                    Matrix a = o.Random(3, width, gap: 2);
                    o.Stream.Multiply(a, o.Random(rows, width, gap: 1), a);
                    return o.Read(a);
                });
            }
        }
    }

    [Fact]
    public void Convolutions_see_the_tokens_before()
    {
        foreach (int width in Widths)
        {
            foreach ((int tokens, int kernel, bool inPlace) in new[] { (1, 2, false), (1, 4, true), (2, 4, true), (3, 4, false), (20, 3, true) })
            {
                Compare($"convolution of {tokens} tokens, {width} channels, kernel {kernel}", 1e-6, o =>
                {
                    Matrix before = o.Random(kernel - 1, width, gap: 1);
                    Matrix after = inPlace ? before : o.Zeros(kernel - 1, width, gap: 2);
                    Matrix output = o.Zeros(tokens, width, gap: 1);
                    o.Stream.Convolve(o.Random(tokens, width, gap: 3), o.Random(kernel, width), tokens == 2 ? null : o.Random(1, width), before, after, output);
                    return [.. o.Read(output), .. o.Read(after)];
                });
            }
        }
    }

    [Fact]
    public void Linear_attention_keeps_a_state_for_each_head()
    {
        foreach (LinearAttentionShape shape in Shapes)
        {
            foreach ((int tokens, bool inPlace, bool isPlain) in new[] { (1, false, false), (1, true, true), (9, true, false), (5, false, true) })
            {
                Compare($"linear attention {shape}, {tokens} tokens, in place {inPlace}, plain {isPlain}", Tolerance, o =>
                {
                    (LinearAttentionRows rows, Matrix before) = Rows(o, shape, tokens, isPlain);
                    Matrix after = inPlace ? before : o.Zeros(before.Rows, before.Columns, gap: 2);
                    Matrix output = o.Zeros(tokens, shape.Heads * shape.ValueDimension, gap: 1);
                    o.Stream.AttendLinearly(shape, rows, before, after, output);
                    return [.. o.Read(output), .. o.Read(after)];
                });
            }
        }
    }

    [Fact]
    public void Cut_anywhere_linear_attention_has_the_same_bits()
    {
        foreach (LinearAttentionShape shape in Shapes)
        {
            float[] Run(Operands o, params int[] parts)
            {
                (LinearAttentionRows rows, Matrix state) = Rows(o, shape, parts.Sum(), isPlain: false);
                Matrix output = o.Zeros(parts.Sum(), shape.Heads * shape.ValueDimension);
                int first = 0;
                foreach (int count in parts)
                {
                    LinearAttentionRows part = new(
                        rows.Query.RowSlice(first, count),
                        rows.Key.RowSlice(first, count),
                        rows.Value.RowSlice(first, count),
                        rows.Decay.RowSlice(first, count),
                        rows.Rate?.RowSlice(first, count),
                        rows.Skip);
                    o.Stream.AttendLinearly(shape, part, state, state, output.RowSlice(first, count));
                    first += count;
                }

                return [.. o.Read(output), .. o.Read(state)];
            }

            CompareBits($"linear attention {shape}", o => Run(o, 12), o => Run(o, 1, 4, 7), threads: 1);
        }
    }

    [Fact]
    public void State_spaces_select_what_they_keep()
    {
        foreach (int width in Widths)
        {
            foreach ((int tokens, int states, bool inPlace) in new[] { (1, 1, false), (1, 8, true), (7, 5, false), (6, 16, true) })
            {
                Compare($"states {states} of {width} channels, {tokens} tokens", Tolerance, o =>
                {
                    Matrix rate = Negative(o, states, width);
                    Matrix step = o.Random(tokens, width, gap: 2);
                    o.Stream.TimeSteps(step, o.Random(1, width), 0, float.PositiveInfinity, null, null);
                    Matrix before = o.Random(states, width, gap: 1);
                    Matrix after = inPlace ? before : o.Zeros(states, width);
                    Matrix output = o.Zeros(tokens, width, gap: 1);
                    o.Stream.ScanStates(
                        o.Random(tokens, width, gap: 1), step, rate, o.Random(tokens, states, gap: 3), o.Random(tokens, states), o.Random(1, width), before, after, output);
                    return [.. o.Read(output), .. o.Read(after)];
                });
            }
        }
    }

    [Fact]
    public void Times_of_tokens_have_limits()
    {
        foreach (int width in Widths)
        {
            Compare($"times of {width}", 1e-6, o =>
            {
                Matrix step = o.Random(4, width, deviation: 8, gap: 1);
                Matrix decay = o.Zeros(4, width, gap: 2);
                o.Stream.TimeSteps(step, o.Random(1, width), 0.01f, 6, Negative(o, 1, width), decay);
                return [.. o.Read(step), .. o.Read(decay)];
            });
        }
    }

    private static (LinearAttentionRows Rows, Matrix State) Rows(Operands o, LinearAttentionShape shape, int tokens, bool isPlain)
    {
        int keys = shape.KeyHeads * shape.KeyDimension;
        Matrix decay = o.Random(isPlain ? 1 : tokens, shape.Decays, gap: 1);
        o.Stream.Activate(Activation.Sigmoid, decay);
        float deviation = 1 / MathF.Sqrt(shape.KeyDimension);
        LinearAttentionRows rows = new(
            o.Random(tokens, keys, deviation, gap: 1),
            o.Random(tokens, keys, deviation, gap: 2),
            o.Random(tokens, shape.Heads * shape.ValueDimension, gap: 3),
            decay,
            isPlain ? null : o.Random(tokens, shape.Heads, 0.5f, gap: 1),
            isPlain ? null : o.Random(1, shape.Heads));
        return (rows, o.Random(shape.Heads * shape.KeyDimension, shape.ValueDimension, gap: 1));
    }

    private static Matrix Negative(Operands o, int rows, int columns)
    {
        Matrix values = o.Random(rows, columns);
        o.Stream.Activate(Activation.Sigmoid, values);
        o.Stream.Scale(values, -2);
        return values;
    }
}
