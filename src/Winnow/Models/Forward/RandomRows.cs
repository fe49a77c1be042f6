using Winnow.Attention;
using Winnow.Cache;
using Winnow.Models.Config;

namespace Winnow.Models.Forward;

/// <summary>Random keys and values in the place of a prompt's: for measuring speed at depth without reading one.</summary>
internal static class RandomRows
{
    /// <summary>Appends rows, normally distributed, as if tokens had been read.</summary>
    /// <param name="work">Streams and buffers.</param>
    /// <param name="sequence">Its cache is longer by the tokens afterwards.</param>
    /// <param name="tokens">How many tokens.</param>
    /// <param name="seed">Same seed, same rows.</param>
    /// <param name="config">The model's sizes.</param>
    public static void Append(ModelConfig config, Workspace work, Sequence sequence, int tokens, int seed)
    {
        KvCache cache = sequence.Cache;
        cache.Reserve(tokens);
        ulong number = (ulong)(uint)seed << 32;
        for (int done = 0, rows; done < tokens; done += rows)
        {
            rows = Math.Min(work.Chunk, tokens - done);
            sequence.Attention.Begin(AttentionPhase.Prompt, cache.Length, rows);
            for (int layer = 0; layer < cache.LayerCount; layer++)
            {
                if (cache.Layer(layer).Layout.KvHeads == 0)
                {
                    // The state of a layer without attention stays: its speed does not depend on it.
                    continue;
                }

                ForwardState state = work.Of(layer);
                state.Rows = rows;
                if (config.Layers[layer].SharedKvLayer is null)
                {
                    state.Stream.FillRandomly(state.Key(layer), number++);
                    state.Stream.FillRandomly(state.Value(layer), number++);
                    sequence.Attention.ObserveKeys(state.Stream, layer, cache.Length, state.Key(layer));
                    state.Stream.Append(cache.Layer(layer), state.Key(layer), state.Value(layer), cache.Length);
                }

                cache.Leave(layer);
            }

            cache.Advance(rows);
        }
    }
}
