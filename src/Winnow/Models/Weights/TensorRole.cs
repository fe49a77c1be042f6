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

    /// <summary>The input projection of a block with a state: what its architecture has in one tensor.</summary>
    RecurrentInput,

    /// <summary>The gate of what a linear attention yields, [heads · valueDimension, hidden].</summary>
    RecurrentGate,

    /// <summary>Rates of a linear attention's tokens, [heads, hidden].</summary>
    RecurrentRate,

    /// <summary>What a linear attention's states fade by, [heads, hidden].</summary>
    RecurrentDecay,

    /// <summary>Rates and decays in one: for each key head the rates of its heads, then their decays.</summary>
    RecurrentRateDecay,

    /// <summary>Queries, keys, values and gates of a linear attention in one: for each key head its query, key, values and gates.</summary>
    RecurrentQueryKeyValueGate,

    /// <summary>Queries of a linear attention, [keyHeads · keyDimension, hidden].</summary>
    RecurrentQuery,

    /// <summary>Keys of a linear attention, [keyHeads · keyDimension, hidden].</summary>
    RecurrentKey,

    /// <summary>Values of a linear attention, [heads · valueDimension, hidden].</summary>
    RecurrentValue,

    /// <summary>A convolution's kernel, [channels, kernel].</summary>
    Convolution,

    /// <summary>The kernel of queries where each has one of its own.</summary>
    QueryConvolution,

    /// <summary>The kernel of keys.</summary>
    KeyConvolution,

    /// <summary>The kernel of values.</summary>
    ValueConvolution,

    /// <summary>The logarithms of how fast states fade, or as a GGUF file has it: less e to their power. No <c>.weight</c> at the end.</summary>
    StateRate,

    /// <summary>How much of its value goes to a token's output at once, [heads] or [channels]. No <c>.weight</c> at the end.</summary>
    StateSkip,

    /// <summary>What times, keys and queries of Mamba are projected with, [rank + 2 · states, channels].</summary>
    StateSelection,

    /// <summary>What the times of channels are projected with, [channels, rank].</summary>
    StepProjection,

    /// <summary>The norm of what times are projected from.</summary>
    StepNorm,

    /// <summary>The norm of a state space's keys.</summary>
    StateKeyNorm,

    /// <summary>The norm of a state space's queries.</summary>
    StateQueryNorm,

    /// <summary>What is added to the times of tokens: in GGUF files a <c>.bias</c>.</summary>
    StepBias,

    /// <summary>The norm of what a block with a state yields.</summary>
    RecurrentNorm,

    /// <summary>The output projection of a block with a state, [hidden, width].</summary>
    RecurrentOutput,

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
