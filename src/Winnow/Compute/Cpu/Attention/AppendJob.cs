using Winnow.Quantization;

namespace Winnow.Compute.Cpu.Attention;

/// <summary>Stores keys and values in the type of the cache: a task is one token.</summary>
internal unsafe struct AppendJob
{
    public AttentionInput Input;

    /// <summary>Where each page begins.</summary>
    public byte** Pages;

    /// <summary>[tokens, KvHeads · KeyDimension].</summary>
    public float* Keys;

    /// <summary>[tokens, KvHeads · ValueDimension].</summary>
    public float* Values;
    public long KeyStride;
    public long ValueStride;
    public int KvHeads;
    public int FirstRow;

    public static void Work(void* state, int token)
    {
        ref readonly AppendJob job = ref *(AppendJob*)state;
        ref readonly AttentionInput input = ref job.Input;
        float* key = job.Keys + (token * job.KeyStride);
        float* value = job.Values + (token * job.ValueStride);
        int row = job.FirstRow + token;
        byte* target = job.Pages[row / KvLayout.PageTokens] + (row % KvLayout.PageTokens * input.TokenBytes);
        for (int head = 0; head < job.KvHeads; head++)
        {
            BlockCodec.Encode(input.KeyType, new ReadOnlySpan<float>(key, input.KeyDimension), new Span<byte>(target, input.KeyBytes));
            BlockCodec.Encode(
                input.ValueType,
                new ReadOnlySpan<float>(value, input.ValueDimension),
                new Span<byte>(target + input.KeyBytes, input.TokenBytes - input.KeyBytes));
            key += input.KeyDimension;
            value += input.ValueDimension;
            target += input.HeadBytes;
        }
    }
}
