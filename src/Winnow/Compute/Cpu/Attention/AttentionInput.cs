using Winnow.Tensors;

namespace Winnow.Compute.Cpu.Attention;

/// <summary>What every kernel of one attention call reads. Lives on the caller's stack; workers get its address.</summary>
internal unsafe struct AttentionInput
{
    /// <summary>Visited rows that are scored before their probabilities are used. Equal to a page, which is only a coincidence.</summary>
    public const int TileRows = 64;

    /// <summary>[Tokens, QueryHeads · KeyDimension].</summary>
    public float* Queries;
    public long QueryStride;

    /// <summary>[Tokens, QueryHeads · ValueDimension]; null where only mass is asked for.</summary>
    public float* Output;
    public long OutputStride;

    /// <summary>[QueryHeads, FirstPosition + Tokens]; null where it is not asked for.</summary>
    public float* Mass;
    public long MassStride;

    public int Tokens;
    public int FirstPosition;
    public int QueryHeads;
    public int KeyDimension;
    public int ValueDimension;

    /// <summary>The dimensions in whole vectors.</summary>
    public int PaddedKey;
    public int PaddedValue;
    public float Scale;
    public float SoftCap;
    public int Window;
    public int Chunk;
    public bool IsCausal;

    /// <summary>[QueryHeads]: logits that take part in the softmax and yield nothing; null for none.</summary>
    public float* Sinks;

    /// <summary>Whether some rows are visited by no query of some head, whatever its position.</summary>
    public bool LeavesRowsOut;
    public TensorType KeyType;
    public TensorType ValueType;

    /// <summary>Bytes of a key row; the value row follows it.</summary>
    public int KeyBytes;

    /// <summary>Bytes from one token of a head to the next.</summary>
    public int TokenBytes;
    public int HeadBytes;

    /// <summary>Elements of the wider of a padded key and value: room for either.</summary>
    public readonly int PaddedWidest => Math.Max(PaddedKey, PaddedValue);

    /// <summary>Rows that the last query may see.</summary>
    public readonly int Length => FirstPosition + Tokens;

    /// <summary>The first position that a query sees.</summary>
    public readonly int FirstVisible(int position)
    {
        int first = Window > 0 ? Math.Max(0, position - Window + 1) : 0;
        return Chunk > 0 ? Math.Max(first, position - (position % Chunk)) : first;
    }

    /// <summary>The last position that a query sees.</summary>
    public readonly int LastVisible(int position)
    {
        if (IsCausal)
        {
            return position;
        }

        long last = Window > 0 ? Math.Min(Length - 1, (long)position + Window - 1) : Length - 1;
        return (int)(Chunk > 0 ? Math.Min(last, (long)position - (position % Chunk) + Chunk - 1) : last);
    }
}
