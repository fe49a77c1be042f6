using Winnow.Attention;
using Winnow.Cache;
using Winnow.Compute;
using Winnow.Models.Config;
using Winnow.Models.Weights;

namespace Winnow.Models.Forward;

/// <summary>The decoder-only transformer: every supported architecture, on any device. Immutable; shared by sessions.</summary>
/// <remarks>
/// https://arxiv.org/abs/1706.03762 in the form of Llama (https://arxiv.org/abs/2302.13971). What an architecture lacks is
/// null or neutral in its weights and its configuration, and is passed over here. In which order chunks of tokens go through
/// the layers is up to <see cref="ForwardPass"/>.
/// </remarks>
internal sealed class Transformer
{
    private readonly ModelConfig _config;
    private readonly TransformerWeights _weights;

    public Transformer(ModelConfig config, TransformerWeights weights)
    {
        _config = config;
        _weights = weights;
        AttentionLayers = new AttentionLayers([.. config.Layers.Select(layer => new AttentionShape(
            config.QueryHeads, config.KvHeads, config.HeadDimension, config.AttentionScale, config.AttentionSoftCap, layer.Window))]);
    }

    /// <summary>The attention layers as methods see them.</summary>
    public AttentionLayers AttentionLayers { get; }

    /// <summary>The tokens of a chunk enter the residual stream.</summary>
    public void Embed(ForwardState state, ReadOnlySpan<int> ids)
    {
        state.Stream.Embed(_weights.Embedding, ids, state.Hidden);
        Scale(state.Stream, state.Hidden, _config.EmbeddingScale);
    }

    /// <summary>Queries, keys and values of a chunk, normalised and rotated; keys and values go into the cache.</summary>
    public void ProjectHeads(ForwardState state, int index, KvCache cache)
    {
        LayerWeights layer = _weights.Layers[index];
        int position = cache.Length + state.FirstRow;
        ComputeStream stream = state.Stream;
        state.Observer?.ObserveHidden(stream, index, position, state.Hidden);
        Matrix input = Normalize(stream, layer.AttentionNorm, state.Hidden, state.Normed);
        Project(stream, layer.QueryKeyValue, input, [state.Query, state.Key, state.Value], state.Steps);
        Normalize(stream, layer.QueryNorm, state.Query, state.Query);
        Normalize(stream, layer.KeyNorm, state.Key, state.Key);
        state.Observer?.ObserveHeads(stream, index, position, state.Query, state.Key);
        state.SessionAttention.ObserveKeys(stream, index, position, state.Key);
        if (state.UnrotatedQuery is { } unrotated)
        {
            stream.Copy(state.Query, unrotated);
        }

        if (state.Ropes[index] is { } rope)
        {
            stream.Rope(state.Query, _config.HeadDimension, rope, position);
            stream.Rope(state.Key, _config.HeadDimension, rope, position);
        }

        stream.Append(cache.Layer(index), state.Key, state.Value, position);
    }

    /// <summary>The tokens of a pass attend, each to those before it and to itself; which rows is the session's choice.</summary>
    /// <param name="state">The pass.</param>
    /// <param name="index">The layer.</param>
    /// <param name="cache">The rows before the pass; those of the pass are in place behind them.</param>
    /// <param name="outputs">How many of the last tokens must be answered.</param>
    /// <param name="cancellation">Looked at between parts of the queries.</param>
    public void Attend(ForwardState state, int index, KvCache cache, int outputs, CancellationToken cancellation)
    {
        state.SessionAttention.Attend(new AttentionCall(
            state.Stream,
            index,
            AttentionLayers.Shapes[index],
            cache.Layer(index),
            cache.Length,
            state.PassQuery,
            state.PassUnrotatedQuery,
            state.PassAttended,
            outputs,
            cancellation));
        cache.Leave(index);
    }

    /// <summary>What attention yielded and the feed-forward block go into the residual stream of a chunk.</summary>
    public void Transform(ForwardState state, int index)
    {
        LayerWeights layer = _weights.Layers[index];
        ComputeStream stream = state.Stream;
        Project(stream, layer.AttentionOutput, state.Attended, state.Attention, state.Steps);
        Normalize(stream, layer.PostAttentionNorm, state.Attention, state.Attention);
        if (!_config.IsParallel)
        {
            stream.Add(state.Hidden, state.Attention, _config.ResidualScale);
            FeedForward(state, layer);
        }
        else
        {
            FeedForward(state, layer);
            stream.Add(state.Hidden, state.Attention, _config.ResidualScale);
        }

        stream.Add(state.Hidden, state.FeedForward, _config.ResidualScale);
    }

    /// <summary>The logits after some tokens of a chunk.</summary>
    /// <param name="state">The pass.</param>
    /// <param name="firstRow">The first of them.</param>
    /// <param name="logits">The buffer, [tokens, vocabulary].</param>
    /// <param name="result">Where they go, [tokens, vocabulary].</param>
    public void ReadLogits(ForwardState state, int firstRow, Matrix logits, Span<float> result)
    {
        ComputeStream stream = state.Stream;
        Matrix hidden = state.Hidden.RowSlice(firstRow, logits.Rows);
        Matrix input = Normalize(stream, _weights.OutputNorm, hidden, state.Normed.RowSlice(0, logits.Rows));
        Project(stream, _weights.Output, input, logits, Math.Min(state.Steps, logits.Rows));
        Scale(stream, logits, _config.LogitScale);
        if (_config.LogitSoftCap > 0)
        {
            stream.SoftCap(logits, _config.LogitSoftCap);
        }

        stream.Read(logits, result);
    }

    /// <summary>The residual stream of a chunk after the output norm, [rows, hidden].</summary>
    public void ReadHidden(ForwardState state, Span<float> result) =>
        state.Stream.Read(Normalize(state.Stream, _weights.OutputNorm, state.Hidden, state.Normed), result);

    /// <summary>Feed-forward block: from <see cref="ForwardState.Hidden"/> to <see cref="ForwardState.FeedForward"/>.</summary>
    private void FeedForward(ForwardState state, LayerWeights layer)
    {
        ComputeStream stream = state.Stream;
        Matrix input = Normalize(stream, layer.FeedForwardNorm, state.Hidden, state.Normed);
        if (layer is { Experts: { } experts, Router: { } router })
        {
            stream.MatMul(router, input, state.Scores, state.Steps);
            stream.MixExperts(experts, state.Scores, input, state.FeedForward, state.Steps);
        }
        else if (_config.Architecture.IsGated)
        {
            Project(stream, layer.GateUp!, input, [state.Gate, state.Up], state.Steps);
            stream.Gate(_config.Activation, state.Gate, state.Up, state.Gate);
            Project(stream, layer.Down!, state.Gate, state.FeedForward, state.Steps);
        }
        else
        {
            Project(stream, layer.GateUp!, input, [state.Up], state.Steps);
            stream.Activate(_config.Activation, state.Up);
            Project(stream, layer.Down!, state.Up, state.FeedForward, state.Steps);
        }

        Normalize(stream, layer.PostFeedForwardNorm, state.FeedForward, state.FeedForward);
    }

    /// <summary>Normalises into <paramref name="output"/>, or passes the input on where the architecture has no norm here.</summary>
    private Matrix Normalize(ComputeStream stream, Norm? norm, Matrix input, Matrix output)
    {
        if (norm is null)
        {
            return input;
        }

        if (_config.Architecture.Norm == NormKind.Layer)
        {
            stream.LayerNorm(input, norm.Weight, norm.Bias, _config.NormEpsilon, output);
        }
        else
        {
            stream.RmsNorm(input, norm.Weight, _config.NormEpsilon, output);
        }

        return output;
    }

    private static void Project(ComputeStream stream, Projection projection, Matrix input, Matrix output, int steps)
    {
        stream.MatMul(projection.Weight, input, output, steps);
        AddBias(stream, projection, output);
    }

    private static void Project(ComputeStream stream, ProjectionGroup group, Matrix input, ReadOnlySpan<Matrix> outputs, int steps)
    {
        stream.MatMul(group.Weights, input, outputs, steps);
        for (int i = 0; i < outputs.Length; i++)
        {
            AddBias(stream, group.Projections[i], outputs[i]);
        }
    }

    private static void AddBias(ComputeStream stream, Projection projection, Matrix output)
    {
        if (projection.Bias is { } bias)
        {
            stream.Add(output, bias);
        }
    }

    private static void Scale(ComputeStream stream, Matrix values, float factor)
    {
        if (factor != 1)
        {
            stream.Scale(values, factor);
        }
    }
}
