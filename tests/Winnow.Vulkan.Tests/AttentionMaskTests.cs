using Winnow.Cache;
using Winnow.Compute;
using Winnow.Tensors;

namespace Winnow.Vulkan.Tests;

/// <summary>Rows that a query does not see are not multiplied, whatever they hold.</summary>
public sealed class AttentionMaskTests
{
    [Theory]
    [InlineData(0)]
    [InlineData(9)]
    public void Values_that_are_no_numbers_stay_with_the_queries_that_see_them(int window)
    {
        const int Tokens = 70;
        const int Bad = 41;
        using Device device = TestDevice.Open();
        using Operands o = new(device, 3);
        KvCache cache = o.RandomCache(1, 32, TensorType.F32, 0);
        cache.Reserve(Tokens);
        Matrix keys = o.Random(Tokens, 32);
        Matrix values = o.Random(Tokens, 32);
        float[] noNumbers = [.. Enumerable.Repeat(float.NaN, 32)];
        o.Stream.Write(noNumbers, values.RowSlice(Bad, 1));
        o.Stream.Write(noNumbers, keys.RowSlice(Bad, 1));
        o.Stream.Append(cache.Layer(0), keys, values, 0);
        AttentionShape shape = new(2, 1, 32, 0.2f) { Window = window };
        Matrix queries = o.Random(Tokens, 64);
        Matrix output = o.Zeros(Tokens, 64);
        foreach (bool isStep in new[] { false, true })
        {
            o.Stream.Attend(shape, queries, cache.Layer(0), 0, AttentionPlan.All, isStep, output);
            float[] results = o.Read(output);
            for (int query = 0; query < Tokens; query++)
            {
                bool sees = query >= Bad && (window == 0 || query - Bad < window);
                Assert.True(float.IsNaN(results[query * 64]) == sees, $"query {query}, step {isStep}: {results[query * 64]}");
            }
        }
    }

    /// <summary>Rows of a draft that was refused lie behind the end of the cache.</summary>
    [Fact]
    public void Rows_behind_the_end_are_not_read()
    {
        using Device device = TestDevice.Open();
        using Operands o = new(device, 4);
        KvCache cache = o.RandomCache(1, 32, TensorType.F32, 20);
        Matrix noNumbers = o.Zeros(30, 32);
        o.Stream.Write([.. Enumerable.Repeat(float.NaN, 30 * 32)], noNumbers);
        cache.Reserve(30);
        o.Stream.Append(cache.Layer(0), noNumbers, noNumbers, 20);
        Matrix output = o.Zeros(20, 64);
        Matrix mass = o.Zeros(2, 20);
        o.Stream.Attend(new AttentionShape(2, 1, 32, 0.2f), o.Random(20, 64), cache.Layer(0), 0, AttentionPlan.All, isStep: false, output, mass);
        Assert.All([.. o.Read(output), .. o.Read(mass)], value => Assert.True(float.IsFinite(value)));
    }
}
