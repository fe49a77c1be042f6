using System.Runtime.InteropServices;

namespace Winnow.Vulkan.Attention;

/// <summary>What every kernel of attention is told: <c>AttentionInput</c> of <c>attend.glsl</c>.</summary>
[StructLayout(LayoutKind.Sequential)]
internal record struct AttentionInput
{
    public ulong Queries;
    public ulong Sinks;
    public uint QueryStride;
    public uint Tokens;
    public uint FirstPosition;
    public uint QueryHeads;

    /// <summary>Query heads of a group.</summary>
    public uint Heads;
    public uint KeyDimension;
    public uint ValueDimension;
    public uint KeyBytes;
    public uint TokenBytes;
    public uint Window;
    public uint Chunk;
    public uint IsCausal;
    public float Scale;
    public float SoftCap;
}
