namespace Winnow.Models.Weights;

/// <summary>What a tensor does in a model, whatever a file calls it.</summary>
internal enum TensorRole
{
    /// <summary>Token embeddings, [vocabulary, hidden].</summary>
    Embedding,

    /// <summary>A vector for each position, [positions, hidden].</summary>
    PositionEmbedding,

    /// <summary>The norm of embeddings.</summary>
    EmbeddingNorm,

    /// <summary>A vector of each token for each layer, [vocabulary, layers · width].</summary>
    PerLayerEmbedding,

    /// <summary>What the vectors for each layer get from the embedding, [layers · width, hidden].</summary>
    PerLayerModelProjection,

    /// <summary>The norm of that.</summary>
    PerLayerProjectionNorm,

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

    /// <summary>Compresses the input of query projections (latent attention), [queryRank, hidden].</summary>
    LatentQuery,

    /// <summary>The norm of compressed queries.</summary>
    LatentQueryNorm,

    /// <summary>Query projection of the compressed input, [queryHeads · headDimension, queryRank].</summary>
    QueryUp,

    /// <summary>Compresses keys and values, and yields the rotated part of the key, [rank + rope, hidden].</summary>
    LatentKeyValue,

    /// <summary>The norm of compressed keys and values.</summary>
    LatentKeyValueNorm,

    /// <summary>Keys and values of each head from compressed ones, [queryHeads · (plain + value), rank].</summary>
    LatentKeyValueUp,

    /// <summary>What makes of a query head one for compressed keys, [queryHeads, rank, plain].</summary>
    LatentKeyUp,

    /// <summary>What makes values of what heads yield of compressed ones, [queryHeads, value, rank].</summary>
    LatentValueUp,

    /// <summary>The norm of queries.</summary>
    QueryNorm,

    /// <summary>The norm of keys.</summary>
    KeyNorm,

    /// <summary>A logit of each head that takes part in the softmax, [queryHeads].</summary>
    AttentionSinks,

    /// <summary>The norm of what heads yield, before the output projection.</summary>
    AttentionSubNorm,

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

    /// <summary>Queries, keys and values of a linear attention in one, head by head: [heads · 3 · headDimension, hidden].</summary>
    RecurrentQueryKeyValue,

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

    /// <summary>The norm before the down projection.</summary>
    FeedForwardSubNorm,

    /// <summary>Down projection, [hidden, feedForward].</summary>
    Down,

    /// <summary>The norm after the feed-forward block, before its result is added.</summary>
    PostFeedForwardNorm,

    /// <summary>The scores of the experts, [experts, hidden].</summary>
    Router,

    /// <summary>The weights of the norm before the router, to be divided by √hidden.</summary>
    RouterNorm,

    /// <summary>The norm before the experts, where a dense block runs beside them.</summary>
    ExpertNorm,

    /// <summary>The norm of what the experts yield, before it is added to what the dense block yields.</summary>
    PostExpertNorm,

    /// <summary>The norm of what the dense block beside experts yields.</summary>
    PostDenseNorm,

    /// <summary>What each expert's weight is multiplied with, [experts].</summary>
    ExpertScale,

    /// <summary>The gate of a layer's own vector of each token, [width, hidden].</summary>
    PerLayerGate,

    /// <summary>Its projection, [hidden, width].</summary>
    PerLayerProjection,

    /// <summary>The norm of what that yields.</summary>
    PerLayerPostNorm,

    /// <summary>What the residual stream is multiplied with after a layer, [1].</summary>
    LayerScale,

    /// <summary>What is added to the experts' probabilities for the choice, [experts].</summary>
    RouterCorrection,

    /// <summary>Gate projections of the experts: [experts, feedForward, hidden], or one tensor an expert.</summary>
    ExpertGate,

    /// <summary>Up projections of the experts.</summary>
    ExpertUp,

    /// <summary>Gate and up projections of the experts in one.</summary>
    ExpertGateUp,

    /// <summary>Down projections of the experts: [experts, hidden, feedForward], or one tensor an expert.</summary>
    ExpertDown,

    /// <summary>What the sigmoid of weights the shared expert, [1, hidden].</summary>
    SharedRouter,

    /// <summary>Gate projection of the shared expert.</summary>
    SharedGate,

    /// <summary>Up projection of the shared expert.</summary>
    SharedUp,

    /// <summary>Down projection of the shared expert.</summary>
    SharedDown,

    /// <summary>Its gate and up projections in one tensor.</summary>
    SharedGateUp,
}
