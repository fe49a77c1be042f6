using System.Runtime.InteropServices;

namespace Winnow.Vulkan.Attention;

/// <summary>Query heads that visit the same rows of one KV head together: <c>HeadGroup</c> of <c>attend.glsl</c>.</summary>
[StructLayout(LayoutKind.Sequential)]
internal record struct HeadGroup
{
    /// <summary>Where the addresses of the pages lie.</summary>
    public ulong Pages;

    /// <summary>Where the rows to visit lie; 0 for every row from 0 on.</summary>
    public ulong Rows;

    /// <summary>Where the position of each row lies; 0 where row r stands at position r.</summary>
    public ulong Positions;

    /// <summary>Where the positions of the queries that attend lie; 0 for all queries.</summary>
    public ulong Selected;

    public uint RowCount;
    public uint QueryCount;

    /// <summary>Where the KV head begins inside a page, in bytes.</summary>
    public uint HeadOffset;
    public uint FirstHead;

    /// <summary>What a step visits of the rows: numbers [Begin, End).</summary>
    public uint Begin;
    public uint End;
    private readonly ulong _unused;
}
