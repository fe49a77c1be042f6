// What both kernels of a prompt's attention are told, and how its softmax ends.
layout(push_constant, std430) uniform Parameters {
    uint64_t groups;
    uint64_t input_;        // an AttentionInput
    uint64_t outputs;       // [tokens, queryHeads · valueCount]
    uint64_t statistics;    // [queryHeads, tokens] maximum and reciprocal sum of each softmax; 0 for none
    uint outputStride;
    uint firstTile;         // of the tiles of queries that this dispatch takes
} p;

layout(buffer_reference, std430, buffer_reference_align = 16) buffer Input { AttentionInput value; };

// What the sums of a query are multiplied with, from the maximum and the total of its softmax.
float shareOf(AttentionInput a, uint head, float largest, float total) {
    if (total == 0.0) {
        return 0.0;
    }

    if (a.sinks == 0ul) {
        return 1.0 / total;
    }

    float sink = loadReal(a.sinks + 4ul * head);
    float withSink = max(largest, sink);
    float factor = correction(largest, withSink);
    return factor / fma(total, factor, correction(sink, withSink));
}
