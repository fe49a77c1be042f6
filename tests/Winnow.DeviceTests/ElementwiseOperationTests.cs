using Winnow.Compute;

namespace Winnow.DeviceTests;

/// <summary>Norms, activations, sums and rotations.</summary>
public abstract class ElementwiseOperationTests : OperationTests
{
    private const double Tolerance = 2e-6;

    private static readonly int[] Widths = [1, 2, 3, 5, 8, 15, 16, 17, 31, 32, 33, 63, 64, 65, 100, 8191, 8193];

    [Fact]
    public void Rms_norm_normalises_whole_rows()
    {
        foreach (int width in Widths)
        {
            Compare($"rms norm of {width}", Tolerance, o =>
            {
                Matrix input = o.Random(3, width, deviation: 5, gap: 3);
                Matrix output = o.Zeros(3, width, gap: 1);
                o.Stream.RmsNorm(input, o.Random(1, width), 1e-5f, output);
                return o.Read(output);
            });
        }
    }

    [Fact]
    public void Rms_norm_normalises_each_head_in_place()
    {
        foreach (int width in Widths.Where(width => width < 200))
        {
            Compare($"rms norm of heads of {width}", Tolerance, o =>
            {
                Matrix values = o.Random(4, 5 * width, deviation: 0.01f, gap: 2);
                o.Stream.RmsNorm(values, o.Random(1, width), 1e-6f, values);
                return o.Read(values);
            });
        }
    }

    [Theory]
    [InlineData(true)]
    [InlineData(false)]
    public void Layer_norm_removes_the_mean(bool hasBias)
    {
        foreach (int width in Widths)
        {
            Compare($"layer norm of {width}, bias {hasBias}", 1e-5, o =>
            {
                Matrix values = o.Random(3, width, deviation: 2, gap: 5);
                o.Stream.Add(values, o.Of([.. Enumerable.Repeat(3f, width)]));
                o.Stream.LayerNorm(values, o.Random(1, width), hasBias ? o.Random(1, width) : null, 1e-5f, values);
                return o.Read(values);
            });
        }
    }

    [Theory]
    [InlineData(nameof(Activation.Silu))]
    [InlineData(nameof(Activation.Gelu))]
    [InlineData(nameof(Activation.GeluTanh))]
    [InlineData(nameof(Activation.Relu))]
    [InlineData(nameof(Activation.ReluSquared))]
    [InlineData(nameof(Activation.ClampedSwish))]
    public void Activations_are_accurate_over_their_range(string name)
    {
        Activation activation = Enum.Parse<Activation>(name);
        foreach (int width in Widths)
        {
            Compare($"{activation} of {width}", Tolerance, o =>
            {
                Matrix values = o.Random(3, width, deviation: 4, gap: 3);
                Matrix gate = o.Random(3, width, deviation: 4);
                Matrix up = o.Random(3, width, gap: 1);
                Matrix output = o.Zeros(3, width);
                o.Stream.Activate(activation, values);
                o.Stream.Gate(activation, gate, up, output);
                o.Stream.Gate(activation, gate, up, gate);
                return [.. o.Read(values), .. o.Read(output), .. o.Read(gate)];
            });
        }

        Compare($"{activation} of extremes", Tolerance, o =>
        {
            Matrix values = o.Of(
                0, -0f, 1e-40f, -1e-30f, 1e-8f, 0.625f, -0.6249f, 4, -4, 20, -20, 87, -87, 88.5f, -88.5f, 100, -100, 1000, -1000, 1e18f, -1e18f);
            o.Stream.Activate(activation, values);
            return o.Read(values);
        });
    }

    [Fact]
    public void Soft_cap_bends_values_and_keeps_small_ones()
    {
        foreach (int width in Widths)
        {
            Compare($"soft cap of {width}", Tolerance, o =>
            {
                Matrix values = o.Random(2, width, deviation: 40, gap: 1);
                o.Stream.SoftCap(values, 30);
                return o.Read(values);
            });
        }

        Compare("soft cap of small values", 1e-9, o =>
        {
            Matrix values = o.Random(1, 1000, deviation: 1e-4f);
            o.Stream.SoftCap(values, 50);
            return o.Read(values);
        });
    }

    [Fact]
    public void Values_are_limited_to_both_sides()
    {
        foreach (int width in Widths)
        {
            Compare($"limit of {width}", Tolerance, o =>
            {
                Matrix values = o.Random(3, width, deviation: 3, gap: 1);
                o.Stream.Clamp(values, 2.5f);
                return o.Read(values);
            });
        }
    }

    [Fact]
    public void Rows_are_added_by_the_sigmoid_of_their_gates() => Compare("gated sum", Tolerance, o =>
    {
        Matrix target = o.Random(5, 40);
        o.Stream.AddGated(target, o.Random(5, 40, gap: 2), o.Random(5, 1, deviation: 3));
        return o.Read(target);
    });

    /// <summary>The formula of the paper, in double precision.</summary>
    [Fact]
    public void Xielu_has_a_branch_for_each_sign()
    {
        using Device device = CreateDevice(2);
        using Operands o = new(device, 1);
        Matrix values = o.Random(3, 33, deviation: 2);
        float[] before = o.Read(values);
        o.Stream.Activate(new Xielu(0.8f, 1.3f, 0.5f, -0.1f), values);
        Assert.All(before.Zip(o.Read(values)), pair =>
        {
            double x = pair.First;
            double expected = x > 0 ? (0.8 * x * x) + (0.5 * x) : ((Math.Exp(Math.Min(x, -0.1)) - 1 - x) * 1.3) + (0.5 * x);
            Assert.Equal(expected, pair.Second, 1e-5);
        });
    }

    [Theory]
    [InlineData(true, 1)]
    [InlineData(false, 1)]
    [InlineData(true, 4)]
    [InlineData(false, 4)]
    public void Heads_are_normalised_by_one_norm_or_by_their_own(bool subtractsMean, int norms) => Compare($"norm of heads, {subtractsMean}, {norms}", 1e-5, o =>
    {
        const int Width = 24;
        Matrix heads = o.Random(3, 4 * Width, deviation: 2);
        RowNorm[] own = [.. Enumerable.Range(0, norms).Select(_ => new RowNorm(o.Random(1, Width), null, 1e-5f, subtractsMean))];
        o.Stream.NormalizeHeads(own, heads);
        return o.Read(heads);
    });

    [Fact]
    public void Sums_take_rows_or_one_row_for_all()
    {
        foreach (int width in Widths)
        {
            Compare($"sum of {width}", Tolerance, o =>
            {
                Matrix target = o.Random(3, width, gap: 3);
                o.Stream.Add(target, o.Random(3, width, gap: 2));
                o.Stream.Add(target, o.Random(3, width), -0.3f);
                o.Stream.Add(target, o.Random(1, width), 2);
                o.Stream.Scale(target, 1.7f);
                return o.Read(target);
            });
        }
    }

    [Fact]
    public void What_lies_between_rows_is_left_alone()
    {
        using Device device = CreateDevice(2);
        using Operands o = new(device, 1);
        Matrix whole = o.Random(4, 40);
        Matrix part = whole.ColumnSlice(3, 19);
        float[] before = o.Read(whole);
        o.Stream.Scale(part, 2);
        o.Stream.Activate(Activation.Silu, part);
        o.Stream.RmsNorm(part, o.Random(1, 19), 1e-5f, part);
        o.Stream.SoftCap(part, 1);
        float[] after = o.Read(whole);
        for (int i = 0; i < before.Length; i++)
        {
            Assert.Equal(i % 40 is < 3 or >= 22, before[i] == after[i]);
        }
    }

    [Theory]
    [InlineData(true)]
    [InlineData(false)]
    public void Rotation_turns_pairs_by_their_position(bool interleaved)
    {
        foreach ((int headDimension, int rotary) in new[] { (2, 2), (8, 8), (64, 64), (128, 128), (80, 32), (96, 96), (100, 50), (36, 34) })
        {
            float[] frequencies = [.. Enumerable.Range(0, rotary / 2).Select(i => (float)Math.Pow(500_000, -2.0 * i / rotary))];
            RopeFrequencies rope = new(frequencies, interleaved, magnitude: 1.2f);
            foreach ((int tokens, int position) in new[] { (1, 0), (1, 1_000_000), (5, 7), (70, 131_000) })
            {
                Compare($"rotation of {headDimension}, {tokens} at {position}, interleaved {interleaved}", Tolerance, o =>
                {
                    Matrix rows = o.Random(tokens, 3 * headDimension, gap: 4);
                    Matrix again = o.Random(tokens, headDimension);
                    o.Stream.Rope(rows, headDimension, rope, Positions(position, rows.Rows));
                    o.Stream.Rope(again, headDimension, rope, Positions(position, rows.Rows));
                    return [.. o.Read(rows), .. o.Read(again)];
                });
            }
        }
    }

    [Fact]
    public void Tables_of_several_frequencies_do_not_mix()
    {
        RopeFrequencies[] ropes = [.. Enumerable.Range(1, 6).Select(i => new RopeFrequencies([i * 0.1f, i * 0.01f], interleaved: i % 2 == 0))];
        Compare("six frequencies", Tolerance, o =>
        {
            Matrix rows = o.Random(3, 8);
            foreach ((int rope, int position) in new[] { (0, 5), (1, 5), (0, 5), (2, 6), (3, 6), (4, 6), (5, 1), (0, 4), (1, 7), (0, 5) })
            {
                o.Stream.Rope(rows, 4, ropes[rope], Positions(position, rows.Rows));
            }

            return o.Read(rows);
        });
    }

    [Fact]
    public void Each_row_is_rotated_by_its_own_position()
    {
        RopeFrequencies rope = new([1, 0.1f, 0.01f, 0.001f], interleaved: false);
        int[] positions = [70, 3, 3, 100_000, 0];
        Compare("rows of several sequences", 0, o =>
        {
            Matrix together = o.Random(positions.Length, 16);
            Matrix apart = o.Random(positions.Length, 16);
            o.Stream.Copy(together, apart);
            o.Stream.Rope(together, 8, rope, positions);
            for (int row = 0; row < positions.Length; row++)
            {
                o.Stream.Rope(apart.RowSlice(row, 1), 8, rope, [positions[row]]);
            }

            o.Stream.Add(together, apart, -1);
            return o.Read(together);
        });
    }

    private static int[] Positions(int first, int rows) => [.. Enumerable.Range(first, rows)];
}
