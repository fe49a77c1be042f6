using Winnow.Cache;
using Winnow.Compute;
using Winnow.Tensors;

namespace Winnow.DeviceTests;

/// <summary>Storing rows and attending to them.</summary>
public abstract partial class AttentionOperationTests : OperationTests
{
    private const double Tolerance = 5e-6;

    public static TheoryData<TensorType> Types => [TensorType.F32, TensorType.F16, TensorType.BF16, TensorType.Q8_0, TensorType.Q4_0];

    /// <summary>Where a pass of 64 queries is cut.</summary>
    private int[] Cuts => IsSlow ? [1, 5, 31, 63] : [1, 2, 3, 4, 5, 6, 7, 8, 10, 12, 15, 18, 22, 27, 33, 41, 51, 63];

    /// <summary>Query heads, KV heads, head dimension: no groups, groups of odd sizes, one KV head for all, dimensions that are no whole vectors.</summary>
    private static (int QueryHeads, int KvHeads, int HeadDimension)[] Shapes(TensorType type) => type is TensorType.Q8_0 or TensorType.Q4_0
        ? [(4, 1, 64), (3, 3, 32), (14, 2, 96), (8, 2, 128)]
        : [(4, 1, 64), (3, 3, 8), (14, 2, 80), (8, 2, 128), (5, 1, 20), (6, 2, 36), (1, 1, 256)];

    [Theory]
    [MemberData(nameof(Types))]
    public void One_query_attends_to_all_rows(TensorType type)
    {
        foreach (((int queryHeads, int kvHeads, int dimension), int rows) in Pairs(Shapes(type), [1, 2, 3, 63, 64, 65, 513, 1100], (int)type))
        {
            Compare($"{type} {queryHeads}/{kvHeads}x{dimension} over {rows}", Tolerance, o =>
                Attend(o, Shape(queryHeads, kvHeads, dimension), type, tokens: 1, rows, _ => AttentionPlan.All));
        }
    }

    [Theory]
    [MemberData(nameof(Types))]
    public void Many_queries_attend_to_the_rows_before_them(TensorType type)
    {
        foreach (((int queryHeads, int kvHeads, int dimension), (int tokens, int rows)) in Pairs(Shapes(type), [(2, 2), (3, 70), (7, 7), (65, 200), (130, 130)], (int)type))
        {
            Compare($"{type} {queryHeads}/{kvHeads}x{dimension}: {tokens} over {rows}", Tolerance, o =>
                Attend(o, Shape(queryHeads, kvHeads, dimension), type, tokens, rows, _ => AttentionPlan.All));
        }
    }

    [Theory]
    [InlineData(nameof(AttentionPlanKind.Shared), false)]
    [InlineData(nameof(AttentionPlanKind.PerKvHead), false)]
    [InlineData(nameof(AttentionPlanKind.PerQueryHead), false)]
    [InlineData(nameof(AttentionPlanKind.Shared), true)]
    [InlineData(nameof(AttentionPlanKind.PerKvHead), true)]
    [InlineData(nameof(AttentionPlanKind.PerQueryHead), true)]
    public void Plans_name_the_rows_that_are_visited(string name, bool selectsQueries)
    {
        AttentionPlanKind kind = Enum.Parse<AttentionPlanKind>(name);
        foreach ((int tokens, int rows, double fraction) in new[] { (1, 300, 0.3), (1, 2000, 0.5), (1, 90, 0), (40, 40, 0.4), (90, 300, 0.2), (9, 100, 0.0) })
        {
            foreach (int window in new[] { 0, 30 })
            {
                Compare($"{kind}, {selectsQueries}, {tokens} over {rows}, window {window}", Tolerance, o =>
                    Attend(o, Shape(6, 2, 32) with { Window = window }, TensorType.F16, tokens, rows, _ => Plan(o, kind, selectsQueries, rows, fraction)));
            }
        }
    }

    [Fact]
    public void A_query_that_is_not_selected_yields_zeros()
    {
        using Device device = CreateDevice(2);
        using Operands o = new(device, 5);
        KvCache cache = o.RandomCache(1, 32, TensorType.F32, 10);
        Matrix output = o.Random(1, 64);
        Matrix mass = o.Random(2, 10);
        AttentionPlan plan = o.Selector.CreatePlan(AttentionPlanKind.PerQueryHead, 2, selectsQueries: true);
        o.Selector.SetRows(o.Stream, plan, 0, [3]);
        o.Selector.SetRows(o.Stream, plan, 1, [9]);
        o.Stream.Attend(Shape(2, 1, 32), o.Random(1, 64), cache.Layer(0), 9, plan, isStep: true, output, mass);
        Assert.All(o.Read(output)[..32], value => Assert.Equal(0, value));
        Assert.All(o.Read(output)[32..], value => Assert.NotEqual(0, value));
        Assert.All(o.Read(mass)[..10], value => Assert.Equal(0, value));
        Assert.Equal(1, o.Read(mass)[19]);
    }

    [Theory]
    [InlineData(1)]
    [InlineData(64)]
    [InlineData(100)]
    public void A_window_hides_rows_that_are_too_old(int window)
    {
        foreach ((int tokens, int rows) in new[] { (1, 50), (1, 129), (1, 1000), (30, 300), (200, 200) })
        {
            Compare($"{tokens} over {rows} with window {window}", Tolerance, o =>
                Attend(o, Shape(4, 2, 32) with { Window = window }, TensorType.F16, tokens, rows, _ => AttentionPlan.All));
        }
    }

    [Fact]
    public void Scores_are_soft_capped()
    {
        foreach (int tokens in new[] { 1, 20 })
        {
            Compare($"soft cap, {tokens} queries", Tolerance, o =>
                Attend(o, Shape(4, 2, 32) with { SoftCap = 3, Scale = 1 }, TensorType.F32, tokens, 150, _ => AttentionPlan.All));
        }
    }

    [Fact]
    public void Large_scores_do_not_overflow()
    {
        foreach (int tokens in new[] { 1, 20 })
        {
            Compare($"large scores, {tokens} queries", 1e-4, o =>
                Attend(o, Shape(4, 2, 32) with { Scale = 100 }, TensorType.F16, tokens, 700, _ => AttentionPlan.All));
        }
    }

    [Fact]
    public void Mass_without_output_equals_the_mass_of_attention()
    {
        foreach ((int tokens, int rows, int window) in new[] { (1, 700, 0), (40, 300, 0), (256, 256, 0), (50, 200, 33), (1, 100, 20) })
        {
            Compare($"mass of {tokens} over {rows}, window {window}", Tolerance, o =>
            {
                KvCache cache = o.RandomCache(2, 36, TensorType.F16, rows);
                Matrix mass = o.Random(6, rows, gap: 3);
                o.Stream.AttentionMass(Shape(6, 2, 36) with { Window = window }, o.Random(tokens, 6 * 36, gap: 2), cache.Layer(0), rows - tokens, mass);
                return o.Read(mass);
            });
        }
    }

    [Theory]
    [MemberData(nameof(Types))]
    public void A_plan_that_names_every_row_gives_the_bits_of_dense_attention(TensorType type)
    {
        (AttentionPlanKind, bool)[] plans =
        [
            .. new[] { AttentionPlanKind.Shared, AttentionPlanKind.PerKvHead, AttentionPlanKind.PerQueryHead }
                .SelectMany(kind => new[] { (kind, false), (kind, true) }),
        ];
        (int, int, int)[] sizes = [(1, 1, 0), (1, 63, 0), (1, 1500, 0), (1, 300, 77), (5, 5, 0), (100, 400, 0), (100, 400, 77)];
        foreach (((AttentionPlanKind kind, bool selectsQueries), (int tokens, int rows, int window)) in Pairs(plans, sizes, (int)type))
        {
            AttentionShape shape = Shape(14, 2, 64) with { Window = window };
            CompareBits(
                $"{type} {kind} {tokens} over {rows}",
                o => Attend(o, shape, type, tokens, rows, _ => AttentionPlan.All),
                o => Attend(o, shape, type, tokens, rows, _ => Plan(o, kind, selectsQueries, rows, 1)));
        }
    }

    /// <summary>A device that has no kernel for them may attend to everything; one that has must find every block named here.</summary>
    [Fact]
    public void A_plan_of_every_key_block_gives_the_bits_of_dense_attention()
    {
        AttentionShape shape = Shape(14, 2, 64);
        CompareBits(
            "key blocks",
            o => Attend(o, shape, TensorType.F16, 100, 400, _ => AttentionPlan.All),
            o => Attend(o, shape, TensorType.F16, 100, 400, _ => EveryBlock(o)));
    }

    /// <summary>The query has turned away, or as many rows are newer as there is room for: the device finds out by itself.</summary>
    [Theory]
    [InlineData(0.99f, 45, true)]
    [InlineData(-1.01f, 45, false)]
    [InlineData(-1.01f, 50, true)]
    public void A_conditional_plan_reads_everything_and_yields_mass_only_where_its_condition_holds(float threshold, int rows, bool readsAll)
    {
        const int Ranked = 40;
        AttentionShape shape = Shape(6, 2, 32);
        using Device device = CreateDevice(2);
        using Operands o = new(device, 21);
        KvCache cache = o.RandomCache(2, 32, TensorType.F16, rows);
        Matrix query = o.Random(1, 6 * 32);
        Matrix other = o.Random(1, 6 * 32);
        Matrix mass = o.Zeros(6, Ranked);
        RankedRows ranking = o.Selector.CreateRanking(shape, keepsQuery: true);
        AttentionPlan plan = o.Selector.CreatePlan(AttentionPlanKind.PerKvHead, 2);
        o.Stream.AttentionMass(shape, query, cache.Layer(0), Ranked - 1, mass);
        RankChoice choice = new(RankVotes.Largest, Pool: 1, Count: 10);
        o.Selector.Rank(o.Stream, mass, choice, ranking, query);

        Matrix output = o.Zeros(1, 6 * 32);
        Matrix seen = o.Random(6, rows);
        float[] before = o.Read(seen);
        o.Selector.Recycle(o.Stream, ranking, budget: 10, rows, plan, new QueryCheck(other, threshold));
        o.Stream.Attend(shape, other, cache.Layer(0), rows - 1, plan, isStep: true, output, seen);
        o.Selector.Rank(o.Stream, seen, choice, ranking, other, condition: plan);

        Matrix expected = o.Zeros(1, 6 * 32);
        Assert.Equal(readsAll, plan.ReadsAll);
        Assert.Equal(!readsAll, before.AsSpan().SequenceEqual(o.Read(seen)));
        o.Stream.Attend(shape, other, cache.Layer(0), rows - 1, AttentionPlan.All, isStep: true, expected);
        Assert.Equal(readsAll, o.Read(expected).AsSpan().SequenceEqual(o.Read(output)));

        // The ranking is that of the step that read everything: newer rows may be in it now.
        o.Selector.Recycle(o.Stream, ranking, budget: 10, rows, plan);
        for (int head = 0; head < 2; head++)
        {
            float[] values = readsAll ? o.Read(seen) : o.Read(mass);
            int length = values.Length / 6;
            IEnumerable<int> best = Enumerable.Range(0, length)
                .OrderByDescending(row => Enumerable.Range(3 * head, 3).Max(query => values[(query * length) + row]))
                .Take(10 - (rows - length));
            Assert.Equal([.. best.Order(), .. Enumerable.Range(length, rows - length)], plan.Rows(head).ToArray());
        }
    }

    /// <summary>What was rotated and stored comes back, but for the rounding of the cache's type.</summary>
    [Theory]
    [MemberData(nameof(Types))]
    public void Keys_come_back_as_they_were_before_rotation(TensorType type)
    {
        const int Rows = 150;
        using Device device = CreateDevice(2);
        RopeFrequencies rope = new([1, 0.3f, 0.05f, 0.001f], interleaved: type == TensorType.F16, magnitude: 1.3f);
        foreach ((int first, int step, int count) in new[] { (0, 1, Rows), (3, 7, 21), (149, 1, 1) })
        {
            using Operands o = new(device, 31);
            KvCache cache = o.RandomCache(3, 32, type, 0);
            Matrix keys = o.Random(Rows, 96);
            float[] expected = o.Read(keys);
            cache.Reserve(Rows);
            o.Stream.Rope(keys, 32, rope, [.. Enumerable.Range(0, Rows)]);
            o.Stream.Append(cache.Layer(0), keys, o.Random(Rows, 96), 0);
            Matrix back = o.Random(count, 96, gap: 5);
            o.Stream.ReadKeys(cache.Layer(0), first, step, count, rope, back);
            float[] actual = o.Read(back);

            // Q4_0 has steps of an eighth of a block's largest element, which a rotation makes up to √2 of what it was, and back.
            double tolerance = type switch { TensorType.F32 => 1e-5, TensorType.F16 => 4e-3, TensorType.Q4_0 => expected.Max(Math.Abs) / 4, _ => 4e-2 };
            for (int i = 0; i < actual.Length; i++)
            {
                float wanted = expected[((first + (i / 96 * step)) * 96) + (i % 96)];
                Assert.True(Math.Abs(wanted - actual[i]) <= tolerance, $"{type}, {first} + {step}: element {i} is {actual[i]}, not {wanted}");
            }
        }
    }

    [Theory]
    [MemberData(nameof(Types))]
    public void Results_do_not_depend_on_the_number_of_threads(TensorType type)
    {
        foreach ((int tokens, int rows) in new[] { (1, 1500), (150, 500) })
        {
            foreach (int threads in IsSlow ? new[] { 2 } : [2, 3])
            {
                CompareBits(
                    $"{type} {tokens} over {rows}",
                    o => Attend(o, Shape(8, 2, 64), type, tokens, rows, _ => AttentionPlan.All),
                    o => Attend(o, Shape(8, 2, 64), type, tokens, rows, _ => AttentionPlan.All),
                    threads: 1,
                    otherThreads: threads);
            }
        }
    }

    [Fact]
    public void A_prompt_in_chunks_gives_the_bits_of_the_whole_prompt()
    {
        foreach (int chunk in new[] { 1, 2, 7, 64, 100 })
        {
            CompareBits($"chunks of {chunk}", o => InChunks(o, 150, 150), o => InChunks(o, 150, chunk));
        }
    }

    [Theory]
    [MemberData(nameof(Types))]
    public void The_bits_of_a_query_do_not_depend_on_the_queries_beside_it(TensorType type)
    {
        const int Tokens = 64;
        foreach (((int queryHeads, int kvHeads, int dimension), (int before, int window)) in Pairs(Shapes(type), [(0, 0), (37, 30), (470, 0), (470, 100)], (int)type))
        {
            using Device device = CreateDevice(2);
            using Operands o = new(device, 7);
            AttentionShape shape = Shape(queryHeads, kvHeads, dimension) with { Window = window };
            KvLayer layer = o.RandomCache(kvHeads, dimension, type, before + Tokens).Layer(0);
            Matrix queries = o.Random(Tokens, queryHeads * dimension, gap: 3);
            Matrix output = o.Zeros(Tokens, queryHeads * dimension, gap: 1);
            foreach (bool isStep in new[] { false, true })
            {
                o.Stream.Attend(shape, queries, layer, before, AttentionPlan.All, isStep, output);
                float[] whole = o.Read(output);
                foreach (int cut in Cuts)
                {
                    foreach ((int first, int count) in new[] { (0, cut), (cut, Tokens - cut), (cut, 1) })
                    {
                        Matrix part = output.RowSlice(first, count);
                        o.Stream.Attend(shape, queries.RowSlice(first, count), layer, before + first, AttentionPlan.All, isStep, part);
                        Assert.Equal(
                            whole[(first * queryHeads * dimension)..((first + count) * queryHeads * dimension)].Select(BitConverter.SingleToInt32Bits),
                            o.Read(part).Select(BitConverter.SingleToInt32Bits));
                    }
                }
            }
        }
    }

    [Theory]
    [InlineData(false)]
    [InlineData(true)]
    public void The_bits_of_a_query_do_not_depend_on_which_others_a_plan_serves(bool selectsQueries)
    {
        using Device device = CreateDevice(2);
        using Operands o = new(device, 8);
        AttentionShape shape = Shape(6, 2, 32);
        KvLayer layer = o.RandomCache(2, 32, TensorType.F16, 300).Layer(0);
        Matrix queries = o.Random(40, 192);
        Matrix output = o.Zeros(40, 192);
        AttentionPlan plan = Plan(o, AttentionPlanKind.PerQueryHead, selectsQueries, 300, 0.4);
        foreach (bool isStep in new[] { false, true })
        {
            o.Stream.Attend(shape, queries, layer, 260, plan, isStep, output);
            float[] whole = o.Read(output);
            for (int query = 0; query < 40; query++)
            {
                o.Stream.Attend(shape, queries.RowSlice(query, 1), layer, 260 + query, plan, isStep, output.RowSlice(query, 1));
            }

            Assert.Equal(whole, o.Read(output));
        }
    }

    [Theory]
    [MemberData(nameof(Types))]
    public void Several_steps_see_the_rows_up_to_theirs(TensorType type)
    {
        foreach ((int queryHeads, int kvHeads, int dimension) in Shapes(type))
        {
            foreach ((int tokens, int rows, int window) in new[] { (2, 2, 0), (5, 66, 0), (8, 516, 0), (9, 90, 20) })
            {
                AttentionShape shape = Shape(queryHeads, kvHeads, dimension) with { Window = window };
                Compare($"{type} {queryHeads}/{kvHeads}x{dimension}: {tokens} over {rows}, {window}", Tolerance, o =>
                    AttendSteps(o, shape, type, tokens, rows, _ => AttentionPlan.All));
            }
        }

        foreach (AttentionPlanKind kind in new[] { AttentionPlanKind.Shared, AttentionPlanKind.PerKvHead, AttentionPlanKind.PerQueryHead })
        {
            foreach (bool selectsQueries in new[] { false, true })
            {
                Compare($"{type} {kind} {selectsQueries}", Tolerance, o =>
                    AttendSteps(o, Shape(6, 2, 32), type, 9, 200, _ => Plan(o, kind, selectsQueries, 200, 0.4)));
            }
        }
    }

    [Fact]
    public void Steps_do_not_tell_their_mass_together()
    {
        using Device device = CreateDevice(1);
        using Operands o = new(device, 1);
        KvLayer layer = o.RandomCache(1, 32, TensorType.F32, 10).Layer(0);
        Matrix output = o.Zeros(2, 32);
        Assert.Throws<ArgumentException>(() => o.Stream.Attend(
            Shape(1, 1, 32), o.Random(2, 32), layer, 8, AttentionPlan.All, isStep: true, output, o.Zeros(1, 10)));
    }

    [Fact]
    public void Decoding_token_by_token_equals_reading_the_prompt_at_once()
    {
        using Device device = CreateDevice(2);
        using Operands one = new(device, 3);
        using Operands other = new(device, 3);
        float[] expected = InChunks(one, 150, 150);
        float[] actual = InChunks(other, 150, 1, isStep: true);
        for (int i = 0; i < expected.Length; i++)
        {
            Assert.Equal(expected[i], actual[i], 5e-6f);
        }
    }

    [Theory]
    [MemberData(nameof(Types))]
    public void Rows_are_stored_in_the_type_of_the_cache(TensorType type)
    {
        using Device device = CreateDevice(2);
        using Device reference = new Reference.ReferenceDevice();
        Assert.Equal(Stored(reference, type), Stored(device, type));
    }

    [Fact]
    public void A_plan_whose_rows_do_not_ascend_is_refused()
    {
        using Device device = CreateDevice(1);
        using Operands o = new(device, 1);
        AttentionPlan plan = o.Selector.CreatePlan(AttentionPlanKind.Shared, 1);
        foreach (int[] rows in new int[][] { [3, 2], [4, 4], [-1, 3] })
        {
            Assert.Throws<ArgumentException>(() => o.Selector.SetRows(o.Stream, plan, 0, rows));
        }
    }

    private static AttentionShape Shape(int queryHeads, int kvHeads, int headDimension) =>
        new(queryHeads, kvHeads, headDimension, (float)(1 / Math.Sqrt(headDimension)));

    private static AttentionPlan Plan(Operands o, AttentionPlanKind kind, bool selectsQueries, int rows, double fraction)
    {
        int lists = kind switch { AttentionPlanKind.Shared => 1, AttentionPlanKind.PerKvHead => 2, _ => fraction == 1 ? 14 : 6 };
        AttentionPlan plan = o.Selector.CreatePlan(kind, lists, selectsQueries);
        o.FillPlan(plan, rows, fraction);
        return plan;
    }

    /// <summary>400 rows in blocks of 64, and tiles of 128 queries: all blocks that a tile may see.</summary>
    private static AttentionPlan EveryBlock(Operands o)
    {
        AttentionPlan plan = o.Selector.CreateBlockPlan(kvHeads: 2, tiles: 4, tileQueries: 128, blockRows: 64);
        for (int list = 0; list < plan.Lists; list++)
        {
            o.Selector.SetRows(o.Stream, plan, list, [.. Enumerable.Range(0, Math.Min(7, 2 * ((list % 4) + 1)))]);
        }

        return plan;
    }

    /// <summary>
    /// The last <paramref name="tokens"/> of <paramref name="rows"/> rows attend as part of a prompt, and where it is one, as a step:
    /// output without mass, output with mass, mass.
    /// </summary>
    private static float[] Attend(Operands o, AttentionShape shape, TensorType type, int tokens, int rows, Func<Operands, AttentionPlan> createPlan)
    {
        KvCache cache = o.RandomCache(shape.KvHeads, shape.HeadDimension, type, rows);
        Matrix queries = o.Random(tokens, shape.QueryHeads * shape.HeadDimension, gap: 5);
        Matrix output = o.Random(tokens, shape.QueryHeads * shape.HeadDimension, gap: 3);
        Matrix again = o.Random(tokens, shape.QueryHeads * shape.HeadDimension);
        Matrix mass = o.Random(shape.QueryHeads, rows, gap: 1);
        AttentionPlan plan = createPlan(o);
        List<float> results = [];
        foreach (bool isStep in tokens == 1 ? new[] { false, true } : [false])
        {
            o.Stream.Attend(shape, queries, cache.Layer(0), rows - tokens, plan, isStep, output);
            o.Stream.Attend(shape, queries, cache.Layer(0), rows - tokens, plan, isStep, again, mass);
            results.AddRange([.. o.Read(output), .. o.Read(again), .. o.Read(mass)]);
        }

        return [.. results];
    }

    /// <summary>The last <paramref name="tokens"/> of <paramref name="rows"/> rows attend as steps.</summary>
    private static float[] AttendSteps(Operands o, AttentionShape shape, TensorType type, int tokens, int rows, Func<Operands, AttentionPlan> createPlan)
    {
        KvCache cache = o.RandomCache(shape.KvHeads, shape.HeadDimension, type, rows);
        Matrix queries = o.Random(tokens, shape.QueryHeads * shape.HeadDimension, gap: 5);
        Matrix output = o.Random(tokens, shape.QueryHeads * shape.HeadDimension, gap: 3);
        o.Stream.Attend(shape, queries, cache.Layer(0), rows - tokens, createPlan(o), isStep: true, output);
        return o.Read(output);
    }

    private static float[] InChunks(Operands o, int tokens, int chunk, bool isStep = false)
    {
        AttentionShape shape = Shape(6, 2, 48);
        KvCache cache = o.RandomCache(2, 48, TensorType.F16, 37);
        Matrix keys = o.Random(tokens, 96);
        Matrix values = o.Random(tokens, 96);
        Matrix queries = o.Random(tokens, 6 * 48);
        Matrix output = o.Zeros(tokens, 6 * 48);
        for (int first = 0; first < tokens; first += chunk)
        {
            int count = Math.Min(chunk, tokens - first);
            cache.Reserve(count);
            o.Stream.Append(cache.Layer(0), keys.RowSlice(first, count), values.RowSlice(first, count), cache.Length);
            o.Stream.Attend(shape, queries.RowSlice(first, count), cache.Layer(0), cache.Length, AttentionPlan.All, isStep, output.RowSlice(first, count));
            cache.Advance(count);
        }

        return o.Read(output);
    }

    private static byte[] Stored(Device device, TensorType type)
    {
        using Operands o = new(device, 11);
        KvCache cache = o.RandomCache(3, 64, type, 150, deviation: 3);
        cache.Reserve(100);
        o.Stream.Append(cache.Layer(0), o.Random(100, 192, deviation: 1e-4f, gap: 2), o.Zeros(100, 192), 150);
        List<byte> bytes = [];
        for (int row = 0; row < 250; row++)
        {
            KvPage page = cache.Layer(0).Pages[row / KvLayout.PageTokens];
            for (int head = 0; head < 3; head++)
            {
                byte[] pair = new byte[cache.Layer(0).Layout.TokenBytes];
                page.Buffer.Read(page.OffsetBytes + cache.Layer(0).Layout.RowOffset(head, row % KvLayout.PageTokens), pair);
                bytes.AddRange(pair);
            }
        }

        return [.. bytes];
    }
}
