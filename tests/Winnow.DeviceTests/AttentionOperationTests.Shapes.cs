using Winnow.Compute;
using Winnow.Tensors;

namespace Winnow.DeviceTests;

/// <summary>What a query may see and what rows may look like: encoders, chunks, sinks, keys and values of their own kind, groups of heads.</summary>
public abstract partial class AttentionOperationTests
{
    public static TheoryData<TensorType, int, TensorType, int> KeysAndValues => new()
    {
        { TensorType.Q8_0, 64, TensorType.F16, 64 },
        { TensorType.Q8_0, 64, TensorType.Q4_0, 64 },
        { TensorType.BF16, 40, TensorType.Q4_0, 32 },
        { TensorType.F16, 64, TensorType.Q8_0, 32 },
        { TensorType.F32, 36, TensorType.F16, 20 },
        { TensorType.F16, 32, TensorType.F16, 128 },
        { TensorType.Q8_0, 96, TensorType.Q8_0, 64 },
        { TensorType.F32, 192, TensorType.F32, 128 },
        { TensorType.F16, 20, TensorType.F32, 72 },
    };

    [Theory]
    [MemberData(nameof(KeysAndValues))]
    public void Keys_and_values_have_their_own_width_and_type(TensorType keyType, int keyDimension, TensorType valueType, int valueDimension)
    {
        KvLayout layout = new(2, keyDimension, valueDimension, keyType, valueType);
        AttentionShape shape = Shape(6, 2, keyDimension) with { ValueDimension = valueDimension };
        foreach ((int tokens, int rows) in new[] { (1, 1), (1, 100), (1, 700), (5, 5), (90, 200) })
        {
            Compare($"{keyType} {keyDimension} {valueType} {valueDimension}: {tokens} over {rows}", Tolerance, o =>
                AttendLayer(o, shape, o.RandomCache(layout, rows).Layer(0), tokens, rows, AttentionPlan.All));
        }

        Compare($"{keyType} {keyDimension} {valueType} {valueDimension}: plan", Tolerance, o =>
        {
            AttentionPlan plan = o.Selector.CreatePlan(AttentionPlanKind.PerKvHead, 2);
            o.FillPlan(plan, 300, 0.3);
            return AttendLayer(o, shape, o.RandomCache(layout, 300).Layer(0), 1, 300, plan);
        });
    }

    [Theory]
    [MemberData(nameof(KeysAndValues))]
    public void Keys_and_values_of_two_kinds_are_stored_as_they_should(TensorType keyType, int keyDimension, TensorType valueType, int valueDimension)
    {
        using Device device = CreateDevice(2);
        using Device reference = new Reference.ReferenceDevice();
        KvLayout layout = new(3, keyDimension, valueDimension, keyType, valueType);
        Assert.Equal(Page(reference), Page(device));

        byte[] Page(Device on)
        {
            using Operands o = new(on, 4);
            byte[] bytes = new byte[layout.PageBytes];
            KvPage page = o.RandomCache(layout, 50, deviation: 3).Layer(0).Pages[0];
            page.Buffer.Read(page.OffsetBytes, bytes);
            return bytes;
        }
    }

    [Fact]
    public void A_sink_takes_its_part_of_the_softmax_and_yields_nothing()
    {
        foreach ((int tokens, int rows, int window) in new[] { (1, 1, 0), (1, 600, 0), (1, 300, 20), (3, 3, 0), (90, 200, 0), (70, 150, 33) })
        {
            foreach (float scale in new[] { 1f, 30f, -200f, 200f })
            {
                Compare($"sinks {scale}, {tokens} over {rows}, {window}", Tolerance, o => AttendLayer(
                    o,
                    Shape(6, 2, 48) with { Window = window, Sinks = o.Of(0, 0.5f * scale, -0.7f * scale, scale, 1, 0.01f * scale) },
                    o.RandomCache(2, 48, TensorType.F16, rows).Layer(0),
                    tokens,
                    rows,
                    AttentionPlan.All));
            }
        }
    }

    [Fact]
    public void Queries_of_an_encoder_see_what_follows_them_too()
    {
        foreach ((int tokens, int window, int chunk) in new[] { (1, 0, 0), (2, 0, 0), (64, 0, 0), (130, 0, 0), (200, 20, 0), (200, 70, 0), (150, 0, 40), (90, 10, 25) })
        {
            AttentionShape shape = Shape(6, 2, 48) with { Causal = false, Window = window, Chunk = chunk };
            Compare($"{tokens} queries, window {window}, chunk {chunk}", Tolerance, o =>
                AttendLayer(o, shape, o.RandomCache(2, 48, TensorType.F16, tokens).Layer(0), tokens, tokens, AttentionPlan.All, causal: false));
        }
    }

    [Fact]
    public void A_query_sees_its_own_chunk_only()
    {
        foreach (int chunk in new[] { 1, 50, 64, 200 })
        {
            foreach ((int tokens, int rows, int window) in new[] { (1, 1, 0), (1, 201, 0), (1, 640, 0), (1, 199, 9), (30, 110, 0), (150, 250, 0), (150, 250, 70) })
            {
                AttentionShape shape = Shape(6, 2, 48) with { Chunk = chunk, Window = window };
                Compare($"chunk {chunk}: {tokens} over {rows}, window {window}", Tolerance, o =>
                    AttendLayer(o, shape, o.RandomCache(2, 48, TensorType.F16, rows).Layer(0), tokens, rows, AttentionPlan.All));
            }
        }
    }

    [Fact]
    public void Groups_of_heads_keep_rows_of_their_own()
    {
        foreach (AttentionPlanKind? kind in new AttentionPlanKind?[] { null, AttentionPlanKind.PerKvHead, AttentionPlanKind.PerQueryHead })
        {
            foreach ((int tokens, int rows, int window, int chunk) in new[] { (1, 700, 0, 0), (1, 200, 40, 0), (1, 200, 0, 30), (40, 150, 0, 0), (80, 200, 50, 0), (9, 70, 0, 16) })
            {
                AttentionShape shape = Shape(8, 4, 32) with { Window = window, Chunk = chunk };
                Compare($"groups, {kind}, {tokens} over {rows}, window {window}, chunk {chunk}", Tolerance, o =>
                {
                    KvLayer layer = RandomGroups(o, rows, added: 0);
                    AttentionPlan plan = AttentionPlan.All;
                    if (kind is { } named)
                    {
                        plan = o.Selector.CreatePlan(named, named == AttentionPlanKind.PerKvHead ? 4 : 8);
                        for (int list = 0; list < plan.Lists; list++)
                        {
                            int kvHead = named == AttentionPlanKind.PerKvHead ? list : list / 2;
                            KvGroup group = layer.GroupOf(kvHead);
                            int[] chosen = o.RandomPositions(group.IsMapped ? group.Positions.Length : rows, 0.4);
                            o.Selector.SetRows(o.Stream, plan, list, chosen);
                        }
                    }

                    return AttendLayer(o, shape, layer, tokens, rows, plan);
                });
            }
        }
    }

    [Fact]
    public void Rows_are_added_to_groups_behind_those_that_they_kept()
    {
        Compare("added to groups", Tolerance, o =>
        {
            KvLayer layer = RandomGroups(o, 150, added: 20);
            return AttendLayer(o, Shape(8, 4, 32), layer, 20, 170, AttentionPlan.All);
        });
    }

    [Theory]
    [InlineData(false)]
    [InlineData(true)]
    public void Groups_with_the_same_rows_give_the_bits_of_a_single_one(bool isMapped)
    {
        foreach (int tokens in new[] { 1, 60 })
        {
            CompareBits($"{tokens}, {isMapped}", o => InGroups(o, tokens, [4], false), o => InGroups(o, tokens, [1, 2, 1], isMapped));
        }

        static float[] InGroups(Operands o, int tokens, int[] heads, bool isMapped)
        {
            const int Rows = 600;
            Matrix keys = o.Random(Rows, 128);
            Matrix values = o.Random(Rows, 128);
            int first = 0;
            List<KvGroup> groups = [];
            foreach (int count in heads)
            {
                KvGroup group = new(first, new KvLayout(count, 32, TensorType.F16));
                for (int page = 0; page < 10; page++)
                {
                    group.Add(new KvPage(o.Zeros(1, (int)group.Layout.PageBytes / sizeof(float)).Buffer, 0));
                }

                if (isMapped)
                {
                    group.Map([.. Enumerable.Range(0, Rows)]);
                }

                groups.Add(group);
                first += count;
            }

            KvLayer layer = new(new KvLayout(4, 32, TensorType.F16), [.. groups]);
            o.Stream.Append(layer, keys, values, 0);
            Matrix queries = o.Random(tokens, 256);
            Matrix output = o.Zeros(tokens, 256);
            Matrix mass = o.Zeros(8, Rows);
            o.Stream.Attend(Shape(8, 4, 32), queries, layer, Rows - tokens, AttentionPlan.All, isStep: tokens == 1, output, mass);
            return [.. o.Read(output), .. o.Read(mass)];
        }
    }

    [Fact]
    public void Groups_that_do_not_make_up_the_heads_are_refused()
    {
        KvLayout layout = new(4, 32, TensorType.F16);
        KvGroup Group(int first, int heads, TensorType type = TensorType.F16) => new(first, new KvLayout(heads, 32, type));
        Assert.ThrowsAny<ArgumentException>(() => new KvLayer(layout, [Group(0, 3)]));
        Assert.ThrowsAny<ArgumentException>(() => new KvLayer(layout, [Group(0, 3), Group(2, 1)]));
        Assert.ThrowsAny<ArgumentException>(() => new KvLayer(layout, [Group(0, 3), Group(3, 1, TensorType.F32)]));
        Assert.Throws<ArgumentException>(() => Group(0, 1).Map([3, 3]));
        Assert.Throws<ArgumentException>(() => Group(0, 1).Map([-1]));
    }

    [Fact]
    public void The_version_of_a_layer_rises_with_each_change_of_pages()
    {
        using Device device = CreateDevice(1);
        using Operands o = new(device, 1);
        Winnow.Cache.KvCache cache = o.RandomCache(1, 32, TensorType.F16, 200);
        int version = cache.Layer(0).Version;
        cache.Truncate(199);
        Assert.Equal(version, cache.Layer(0).Version);
        cache.Truncate(100);
        Assert.True(cache.Layer(0).Version > version);
        version = cache.Layer(0).Version;
        using Winnow.Cache.KvCache fork = cache.Fork();
        cache.Reserve(1);
        Assert.True(cache.Layer(0).Version > version);
    }

    /// <summary>Three groups of four KV heads: few rows, all of them, and about half; then some rows that all of them take.</summary>
    private static KvLayer RandomGroups(Operands o, int rows, int added)
    {
        KvLayout one = new(1, 32, TensorType.F16);
        KvLayout two = new(2, 32, TensorType.F16);
        int[] few = [3, rows / 2, rows - 1];
        int[] half = o.RandomPositions(rows, 0.5);
        KvGroup[] groups = [o.RandomGroup(0, one, few.Length, few), o.RandomGroup(1, two, rows), o.RandomGroup(3, one, half.Length, half)];
        KvLayer layer = new(new KvLayout(4, 32, TensorType.F16), groups);
        if (added > 0)
        {
            // Rows beyond the first of the added ones are given up: those of a draft that was refused.
            layer.Groups[0].Extend(rows, added + 7);
            layer.Groups[0].Extend(rows, added);
            layer.Groups[1].Extend(rows, added);
            layer.Groups[2].Extend(rows, added);
            o.Stream.Append(layer, o.Random(added, 128), o.Random(added, 128), rows);
        }

        return layer;
    }

    /// <summary>The last queries attend to a layer: output without mass, output with mass and mass, as part of a prompt; then as steps.</summary>
    private static float[] AttendLayer(
        Operands o, AttentionShape shape, KvLayer layer, int tokens, int rows, AttentionPlan plan, bool causal = true)
    {
        Matrix queries = o.Random(tokens, shape.QueryHeads * shape.HeadDimension, gap: 5);
        Matrix output = o.Random(tokens, shape.QueryHeads * shape.ValueDimension, gap: 3);
        Matrix mass = o.Random(shape.QueryHeads, rows, gap: 1);
        int first = rows - tokens;
        o.Stream.Attend(shape, queries, layer, first, plan, isStep: false, output);
        List<float> results = [.. o.Read(output)];
        o.Stream.Attend(shape, queries, layer, first, plan, isStep: false, output, mass);
        results.AddRange([.. o.Read(output), .. o.Read(mass)]);
        o.Stream.AttentionMass(shape, queries, layer, first, mass);
        results.AddRange(o.Read(mass));
        for (int i = 0; causal && i < Math.Min(tokens, 4); i++)
        {
            Matrix part = mass with { Columns = first + i + 1 };
            o.Stream.Attend(shape, queries.RowSlice(i, 1), layer, first + i, plan, isStep: true, output.RowSlice(i, 1), part);
            results.AddRange(o.Read(part));
        }

        if (causal)
        {
            o.Stream.Attend(shape, queries, layer, first, plan, isStep: true, output);
            results.AddRange(o.Read(output));
        }

        return [.. results];
    }
}
