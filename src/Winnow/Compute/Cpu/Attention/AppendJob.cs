using Winnow.Quantization;

namespace Winnow.Compute.Cpu.Attention;

/// <summary>Stores keys and values in the type of the cache: a task is one token.</summary>
internal unsafe struct AppendJob
{
    public AttentionInput Input;
    public float* Keys;
    public float* Values;
    public long KeyStride;
    public long ValueStride;
    public int KvHeads;
    public int FirstRow;

    public static void Work(void* state, int token)
    {
        ref readonly AppendJob job = ref *(AppendJob*)state;
        ref readonly AttentionInput input = ref job.Input;
        int dimension = input.HeadDimension;
        float* keys = job.Keys + (token * job.KeyStride);
        float* values = job.Values + (token * job.ValueStride);
        for (int head = 0; head < job.KvHeads; head++)
        {
            byte* row = input.KeyRow(head, job.FirstRow + token);
            BlockCodec.Encode(input.Type, new ReadOnlySpan<float>(keys + (head * dimension), dimension), new Span<byte>(row, input.RowBytes));
            BlockCodec.Encode(
                input.Type, new ReadOnlySpan<float>(values + (head * dimension), dimension), new Span<byte>(row + input.RowBytes, input.RowBytes));
        }
    }
}
