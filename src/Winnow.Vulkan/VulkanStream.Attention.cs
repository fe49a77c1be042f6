using Winnow.Compute;

namespace Winnow.Vulkan;

/// <summary>Keys and values into pages, and attention over them.</summary>
internal sealed unsafe partial class VulkanStream
{
    protected override void AppendCore(KvLayer layer, Matrix keys, Matrix values, int firstPosition) =>
        throw new NotImplementedException();

    protected override void AttendCore(
        AttentionShape shape, Matrix queries, KvLayer layer, int firstPosition, AttentionPlan plan, bool isStep, Matrix output, Matrix? mass) =>
        throw new NotImplementedException();

    protected override void AttentionMassCore(AttentionShape shape, Matrix queries, KvLayer layer, int firstPosition, Matrix mass) =>
        throw new NotImplementedException();
}
