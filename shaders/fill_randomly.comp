#version 460
#extension GL_GOOGLE_include_directive : require

// Numbers of mean 0 and deviation 1 that depend on the seed and the element alone.

#include "elementwise.glsl"

layout(push_constant, std430) uniform Parameters {
    uint64_t target;
    uint rows;
    uint columns;
    uint stride;
    uint seed;
} p;

// O'Neill, PCG: A Family of Simple Fast Space-Efficient Statistically Good Algorithms for Random Number Generation (2014).
uint permuted(uint state) {
    uint step = state * 747796405u + 2891336453u;
    uint word = ((step >> ((step >> 28u) + 4u)) ^ step) * 277803737u;
    return (word >> 22u) ^ word;
}

void main() {
    uint index = invocationIndex();
    uint row = index / p.columns;
    if (row >= p.rows) {
        return;
    }

    // The sum of four uniform variables, shifted and scaled, is normal enough.
    uint state = permuted(index ^ permuted(p.seed));
    float sum = -2.0;
    for (uint i = 0u; i < 4u; i++) {
        state = permuted(state);
        sum += float(state >> 8) * 5.9604644775390625e-8;
    }

    rowOf(p.target, row, p.stride).at[index % p.columns] = sum * 1.7320508;
}
