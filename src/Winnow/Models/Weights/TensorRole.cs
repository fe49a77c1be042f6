namespace Winnow.Models.Weights;

/// <summary>What a tensor does in a model, whatever a file calls it.</summary>
internal enum TensorRole
{
    /// <summary>Token embeddings, [vocabulary, hidden].</summary>
    Embedding,

    /// <summary>The norm after the last layer, [hidden].</summary>
    OutputNorm,

    /// <summary>The output head, [vocabulary, hidden]; absent where it is tied to the embeddings.</summary>
    Output,

    /// <summary>The norm before attention.</summary>
    AttentionNorm,

    /// <summary>Query projection, [queryHeads · headDimension, hidden].</summary>
    Query,

    /// <summary>Key projection, [kvHeads · headDimension, hidden].</summary>
    Key,

    /// <summary>Value projection, [kvHeads · headDimension, hidden].</summary>
    Value,

    /// <summary>Query, key and value projections in one, their rows one after the other.</summary>
    QueryKeyValue,

    /// <summary>The norm of queries.</summary>
    QueryNorm,

    /// <summary>The norm of keys.</summary>
    KeyNorm,

    /// <summary>The attention's output projection, [hidden, queryHeads · headDimension].</summary>
    AttentionOutput,

    /// <summary>The norm after attention, before its result is added.</summary>
    PostAttentionNorm,

    /// <summary>The norm before the feed-forward block.</summary>
    FeedForwardNorm,

    /// <summary>Gate projection, [feedForward, hidden].</summary>
    Gate,

    /// <summary>Up projection, [feedForward, hidden].</summary>
    Up,

    /// <summary>Gate and up projections in one, their rows one after the other.</summary>
    GateUp,

    /// <summary>Down projection, [hidden, feedForward].</summary>
    Down,

    /// <summary>The norm after the feed-forward block, before its result is added.</summary>
    PostFeedForwardNorm,

    /// <summary>The scores of the experts, [experts, hidden].</summary>
    Router,

    /// <summary>Gate projections of the experts: [experts, feedForward, hidden], or one tensor an expert.</summary>
    ExpertGate,

    /// <summary>Up projections of the experts.</summary>
    ExpertUp,

    /// <summary>Down projections of the experts: [experts, hidden, feedForward], or one tensor an expert.</summary>
    ExpertDown,
}
