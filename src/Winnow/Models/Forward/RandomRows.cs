using Winnow.Attention;
using Winnow.Cache;
using Winnow.Compute;

namespace Winnow.Models.Forward;

/// <summary>Random keys and values in the place of a prompt's: for measuring speed at depth without reading one.</summary>
internal static class RandomRows
{
    /// <summary>Appends rows, normally distributed, as if tokens had been read.</summary>
    /// <param name="state">The session's buffers.</param>
    /// <param name="cache">Longer by the tokens afterwards.</param>
    /// <param name="tokens">How many tokens.</param>
    /// <param name="seed">Same seed, same rows.</param>
    public static void Append(ForwardState state, KvCache cache, int tokens, int seed)
    {
        cache.Reserve(tokens);
        Random random = new(seed);
        float[] values = new float[(long)state.Chunk * state.Key.Columns];
        for (int done = 0; done < tokens; done += state.Rows)
        {
            state.BeginPass(Math.Min(state.Chunk, tokens - done), AttentionPhase.Prompt);
            state.SessionAttention.Begin(AttentionPhase.Prompt, cache.Length, state.Rows);
            for (int layer = 0; layer < cache.LayerCount; layer++)
            {
                Draw(state.Stream, random, state.Key, values);
                Draw(state.Stream, random, state.Value, values);
                state.SessionAttention.ObserveKeys(state.Stream, layer, cache.Length, state.Key);
                state.Stream.Append(cache.Layer(layer), state.Key, state.Value, cache.Length);
                cache.Leave(layer);
            }

            cache.Advance(state.Rows);
        }
    }

    private static void Draw(ComputeStream stream, Random random, Matrix rows, float[] values)
    {
        Span<float> part = values.AsSpan(0, rows.Rows * rows.Columns);
        foreach (ref float value in part)
        {
            // The sum of four uniform variables, shifted and scaled to mean 0 and deviation 1, is normal enough.
            value = (random.NextSingle() + random.NextSingle() + random.NextSingle() + random.NextSingle() - 2) * 1.7320508f;
        }

        stream.Write(part, rows);
    }
}
