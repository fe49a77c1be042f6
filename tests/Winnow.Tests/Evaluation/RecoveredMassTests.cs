using Winnow.Compute;
using Winnow.Compute.Host.Selection;
using Winnow.Lab.Evaluation;

namespace Winnow.Tests.Evaluation;

public class RecoveredMassTests
{
    private static readonly AttentionShape Shape = new(QueryHeads: 4, KvHeads: 2, HeadDimension: 8, Scale: 1);

    /// <summary>Mass of 4 query heads over 3 rows.</summary>
    private static readonly float[] Mass = [0.5f, 0.25f, 0.25f, 0.1f, 0.2f, 0.7f, 0, 0, 1, 0.75f, 0.25f, 0];

    [Fact]
    public void A_shared_list_counts_for_every_head()
    {
        AttentionPlan plan = Plan(AttentionPlanKind.Shared, [0, 2]);

        Assert.Equal((0.75 + 0.8 + 1 + 0.75) / 4, RecoveredMass.OnNamedRows(Shape, plan, Mass, 3), 6);
    }

    [Fact]
    public void A_list_of_a_kv_head_counts_for_its_group()
    {
        AttentionPlan plan = Plan(AttentionPlanKind.PerKvHead, [1], [0, 1]);

        Assert.Equal((0.25 + 0.2 + 0 + 1) / 4, RecoveredMass.OnNamedRows(Shape, plan, Mass, 3), 6);
    }

    [Fact]
    public void A_list_of_a_query_head_counts_for_itself()
    {
        AttentionPlan plan = Plan(AttentionPlanKind.PerQueryHead, [0], [2], [], [0, 1, 2]);

        Assert.Equal((0.5 + 0.7 + 0 + 1) / 4, RecoveredMass.OnNamedRows(Shape, plan, Mass, 3), 6);
    }

    [Fact]
    public void Recall_counts_the_largest_rows_of_each_head_among_as_many_as_were_named()
    {
        using RecoveredMass recovered = new(1);

        // Heads 0 and 1 name rows 1 and 2, heads 2 and 3 row 1.
        Assert.Equal((0.5 + 1 + 0 + 0) / 4, recovered.Recall(Shape, Plan(AttentionPlanKind.PerKvHead, [1, 2], [1]), Mass, 3), 6);
        Assert.Equal((1 + 0 + 1 + 1) / 4.0, recovered.Recall(Shape, Plan(AttentionPlanKind.PerQueryHead, [0], [0], [2], [0, 1, 2]), Mass, 3), 6);
        Assert.Equal(1, recovered.Recall(Shape, Plan(AttentionPlanKind.Shared, Array.Empty<int>()), Mass, 3), 6);
    }

    private static HostPlan Plan(AttentionPlanKind kind, params int[][] lists)
    {
        HostPlan plan = new(kind, lists.Length);
        for (int list = 0; list < lists.Length; list++)
        {
            lists[list].CopyTo(plan.Resize(list, lists[list].Length));
        }

        return plan;
    }
}
