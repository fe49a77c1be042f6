#version 460
#extension GL_GOOGLE_include_directive : require

// Rows of activations as signed bytes in blocks of 32, for products by integers: a block's scale, which is its largest magnitude / 127,
// and the sums of its two halves, which are what the minimum of a weight is multiplied with. A thread takes a block.

#include "elementwise.glsl"
#include "quantized.glsl"

layout(push_constant, std430) uniform Parameters {
    uint64_t source;
    uint64_t target;        // [rows, blocks], QuantizedBlock
    uint rows;
    uint width;
    uint stride;
} p;

void main() {
    uint index = invocationIndex();
    uint blocks = (p.width + 31u) / 32u;
    uint row = index / blocks;
    if (row >= p.rows) {
        return;
    }

    Floats source = rowOf(p.source, row, p.stride);
    uint first = index % blocks * 32u;
    float values[32];
    float largest = 0.0;
    [[unroll]] for (uint i = 0u; i < 32u; i++) {
        values[i] = first + i < p.width ? source.at[first + i] : 0.0;
        largest = max(largest, abs(values[i]));
    }

    // What is no number stays none, in the scale.
    float scale = largest / 127.0;
    float inverse = scale > 0.0 ? 1.0 / scale : 0.0;
    QuantizedBlock block;
    [[unroll]] for (uint part = 0u; part < 2u; part++) {
        int sum = 0;
        uvec4 words;
        [[unroll]] for (uint w = 0u; w < 4u; w++) {
            uint word = 0u;
            [[unroll]] for (uint i = 0u; i < 4u; i++) {
                int quant = int(roundEven(values[16u * part + 4u * w + i] * inverse));
                sum += quant;
                word |= (uint(quant) & 0xFFu) << (8u * i);
            }

            words[w] = word;
        }

        block.quants[part] = words;
        block.sums[part] = scale * float(sum);
    }

    block.scale = scale;
    block.unused = 0.0;
    QuantizedBlocks(p.target).at[index] = block;
}
