using Winnow.Tensors;

namespace Winnow.Compute.Cpu.Attention;

/// <summary>What every kernel of one attention call reads. Lives on the caller's stack; workers get its address.</summary>
internal unsafe struct AttentionInput
{
    /// <summary>Visited rows that are scored before their probabilities are used. Equal to a page, which is only a coincidence.</summary>
    public const int TileRows = 64;

    /// <summary>[Tokens, QueryHeads · HeadDimension].</summary>
    public float* Queries;
    public long QueryStride;

    /// <summary>Shaped as the queries; null where only mass is asked for.</summary>
    public float* Output;
    public long OutputStride;

    /// <summary>[QueryHeads, FirstPosition + Tokens]; null where it is not asked for.</summary>
    public float* Mass;
    public long MassStride;

    public int Tokens;
    public int FirstPosition;
    public int QueryHeads;
    public int HeadDimension;

    /// <summary>The head dimension in whole vectors.</summary>
    public int PaddedDimension;
    public float Scale;
    public float SoftCap;
    public int Window;

    /// <summary>Where each page of the layer begins.</summary>
    public byte** Pages;
    public TensorType Type;
    public int RowBytes;
    public int HeadBytes;

    public readonly int TokenBytes => 2 * RowBytes;

    /// <summary>Rows that the last query may see.</summary>
    public readonly int Length => FirstPosition + Tokens;

    /// <summary>The key row of a token and KV head; the value row follows <see cref="RowBytes"/> later.</summary>
    public readonly byte* KeyRow(int kvHead, int row) =>
        Pages[row / KvLayout.PageTokens] + ((long)kvHead * HeadBytes) + (row % KvLayout.PageTokens * TokenBytes);
}
