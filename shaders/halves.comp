#version 460
#extension GL_GOOGLE_include_directive : require

// Rows of a weight, or of the floats that it is multiplied with, as rows of f16 for product_matrix_tensor.comp: an invocation takes two runs
// and writes them in the order in which product_matrix_cooperative.comp adds them up. Elements beyond the range of f16 become its
// largest, those behind the end of a row 0.

#include "elementwise.glsl"

layout(constant_id = 1) const uint WEIGHT_TYPE = 0;
layout(constant_id = 2) const bool ACTIVATIONS = false; // the rows are floats, the order is the weight's

#include "decode.glsl"
#include "halves.glsl"

layout(push_constant, std430) uniform Parameters {
    uint64_t source;
    uint64_t target;
    uint rows;
    uint columns;
    uint rowBytes;
    uint stride;            // of the target, in elements: a multiple of 32
} p;

void main() {
    uint pairs = p.stride / 32u;
    uint index = invocationIndex();
    uint row = index / pairs;
    if (row >= p.rows) {
        return;
    }

    uint pair = index % pairs;
    uint64_t source = p.source + uint64_t(row) * p.rowBytes;
    [[unroll]] for (uint i = 0u; i < 2u; i++) {
        uint run = runOfPair(pair) + i * PAIR_STEP;
        vec4 values[4];
        if (ACTIVATIONS) {
            decodeReals(source, run, p.columns, values);
        } else {
            decodeRun(source, run, p.columns, values);
        }

        uint64_t target = p.target + 2ul * (uint64_t(row) * p.stride + 32u * pair + 16u * i);
        FourWords(target).value = packHalves(values[0], values[1]);
        FourWords(target + 16ul).value = packHalves(values[2], values[3]);
    }
}
