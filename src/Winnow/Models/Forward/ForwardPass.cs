using Winnow.Attention;
using Winnow.Cache;
using Winnow.Compute;

namespace Winnow.Models.Forward;

/// <summary>Takes the tokens of a pass through all layers. Only attention sees them all at once; everything else goes chunk by chunk.</summary>
/// <param name="transformer">The layers.</param>
/// <param name="state">The session's buffers.</param>
internal sealed class ForwardPass(Transformer transformer, ForwardState state)
{
    /// <summary>Appends the tokens' keys and values to the cache and computes what is asked for.</summary>
    /// <param name="ids">The tokens: one, a chunk, or, where attention needs them together, more than a chunk.</param>
    /// <param name="cache">What was read before; longer by the tokens afterwards, unchanged after an exception.</param>
    /// <param name="phase">What the tokens are.</param>
    /// <param name="output">What to compute.</param>
    /// <param name="result">Where it goes, shaped as <see cref="ForwardOutput"/> says.</param>
    /// <param name="progress">Told the fraction that is done, in passes of more than a chunk; null for nobody.</param>
    /// <param name="cancellation">Looked at between layers and chunks, and within long attention.</param>
    public void Run(
        ReadOnlySpan<int> ids,
        KvCache cache,
        AttentionPhase phase,
        ForwardOutput output,
        Span<float> result,
        Action<double>? progress,
        CancellationToken cancellation)
    {
        int? lastLayer = state.Observer?.LastLayer;
        if (lastLayer is not null && output != ForwardOutput.None)
        {
            throw new ArgumentException("a pass that an observer ends early has no output", nameof(output));
        }

        cache.Reserve(ids.Length);
        state.BeginPass(ids.Length, phase);
        state.SessionAttention.Begin(phase, cache.Length, ids.Length);
        for (int first = 0; first < ids.Length; first += state.Chunk)
        {
            state.MoveTo(first);
            transformer.Embed(state, ids.Slice(first, state.Rows));
        }

        int layers = cache.LayerCount;
        for (int layer = 0; layer < layers; layer++)
        {
            for (int first = 0; first < ids.Length; first += state.Chunk)
            {
                cancellation.ThrowIfCancellationRequested();
                state.MoveTo(first);
                transformer.ProjectHeads(state, layer, cache);
                Report(progress, layer, (double)first / ids.Length / 2);
            }

            if (layer == lastLayer)
            {
                break;
            }

            int outputs = layer == layers - 1 ? LastLayerRows(ids.Length, phase, output) : ids.Length;
            transformer.Attend(state, layer, cache, outputs, cancellation);
            for (int first = ids.Length - outputs; first < ids.Length; first += state.Chunk)
            {
                cancellation.ThrowIfCancellationRequested();
                state.MoveTo(first);
                transformer.Transform(state, layer);
                Report(progress, layer, 0.5 + ((double)first / ids.Length / 2));
                if (layer == layers - 1)
                {
                    state.Observer?.ObserveHidden(state.Stream, layers, cache.Length + first, state.Hidden);
                }
            }
        }

        Read(output, result);
        cache.Advance(ids.Length);
    }

    /// <summary>
    /// How many tokens, the last ones, must come out of the last layer: of a prompt, only the last token's logits are asked for,
    /// and the others leave nothing but their keys and values there.
    /// </summary>
    private int LastLayerRows(int tokens, AttentionPhase phase, ForwardOutput output) => output switch
    {
        _ when phase == AttentionPhase.Decode || state.Observer is not null => tokens,
        ForwardOutput.None => 0,
        ForwardOutput.LastLogits => 1,
        _ => tokens,
    };

    private void Report(Action<double>? progress, int layer, double ofLayer)
    {
        if (state.PassRows > state.Chunk)
        {
            progress?.Invoke((layer + ofLayer) / transformer.AttentionLayers.Count);
        }
    }

    private void Read(ForwardOutput output, Span<float> result)
    {
        if (output == ForwardOutput.LastLogits)
        {
            state.MoveTo(state.PassRows - 1);
            transformer.ReadLogits(state, 0, state.LastLogits, result);
            return;
        }

        for (int first = 0; first < state.PassRows && output != ForwardOutput.None; first += state.Chunk)
        {
            state.MoveTo(first);
            Span<float> rest = result[(first * (result.Length / state.PassRows))..];
            if (output == ForwardOutput.Hidden)
            {
                transformer.ReadHidden(state, rest[..(state.Rows * state.Hidden.Columns)]);
                continue;
            }

            for (int row = 0; row < state.Rows;)
            {
                Matrix logits = state.Logits.RowSlice(0, Math.Min(state.Logits.Rows, state.Rows - row));
                int length = logits.Rows * logits.Columns;
                transformer.ReadLogits(state, row, logits, rest[..length]);
                rest = rest[length..];
                row += logits.Rows;
            }
        }
    }
}
