#version 460
#extension GL_GOOGLE_include_directive : require

// output = input · weight / √(mean(input²) + epsilon) for each group of `width` elements: one workgroup a group.

#include "elementwise.glsl"
#include "reduce.glsl"

layout(push_constant, std430) uniform Parameters {
    uint64_t source;
    uint64_t weight;
    uint64_t target;
    uint rows;
    uint width;
    uint groupsOfRow;
    uint sourceStride;
    uint targetStride;
    float epsilon;
} p;

const uint BATCH = 4u;

void main() {
    uint index = groupIndex();
    uint row = index / p.groupsOfRow;
    if (row >= p.rows) {
        return;
    }

    uint first = index % p.groupsOfRow * p.width;
    Floats source = rowOf(p.source, row, p.sourceStride);
    Floats target = rowOf(p.target, row, p.targetStride);
    float squares = 0.0;

    // Some loads at a time: none of them waits for another.
    for (uint start = gl_LocalInvocationID.x; start < p.width; start += BATCH * WORKGROUP) {
        float x[BATCH];
        [[unroll]] for (uint j = 0u; j < BATCH; j++) {
            uint i = start + j * WORKGROUP;
            x[j] = i < p.width ? source.at[first + i] : 0.0;
        }

        [[unroll]] for (uint j = 0u; j < BATCH; j++) {
            squares += x[j] * x[j];
        }
    }

    float factor = 1.0 / sqrt(sumOfGroup(squares) / float(p.width) + p.epsilon);
    for (uint start = gl_LocalInvocationID.x; start < p.width; start += BATCH * WORKGROUP) {
        float x[BATCH];
        float w[BATCH];
        [[unroll]] for (uint j = 0u; j < BATCH; j++) {
            uint i = min(start + j * WORKGROUP, p.width - 1u);
            x[j] = source.at[first + i];
            w[j] = Floats(p.weight).at[i];
        }

        [[unroll]] for (uint j = 0u; j < BATCH; j++) {
            uint i = start + j * WORKGROUP;
            if (i < p.width) {
                target.at[first + i] = x[j] * factor * w[j];
            }
        }
    }
}
