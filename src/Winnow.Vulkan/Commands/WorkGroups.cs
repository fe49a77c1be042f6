namespace Winnow.Vulkan.Commands;

/// <summary>How many workgroups a dispatch has on each axis.</summary>
internal readonly record struct WorkGroups(uint X, uint Y = 1, uint Z = 1)
{
    // No device allows fewer on an axis than 65,535.
    private const long RowOfGroups = 32768;

    /// <summary>At least so many groups, over x and y; shaders number them with <c>group_index()</c> and leave where there are no more.</summary>
    public static WorkGroups Linear(long count) =>
        count <= RowOfGroups ? new((uint)count) : new((uint)RowOfGroups, (uint)((count + RowOfGroups - 1) / RowOfGroups));

    /// <summary>Groups for so many invocations.</summary>
    public static WorkGroups For(long invocations, uint groupSize) => Linear((invocations + groupSize - 1) / groupSize);
}
