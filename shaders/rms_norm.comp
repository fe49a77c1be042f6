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
    for (uint i = gl_LocalInvocationID.x; i < p.width; i += WORKGROUP) {
        float x = source.at[first + i];
        squares += x * x;
    }

    float factor = 1.0 / sqrt(sumOfGroup(squares) / float(p.width) + p.epsilon);
    for (uint i = gl_LocalInvocationID.x; i < p.width; i += WORKGROUP) {
        target.at[first + i] = source.at[first + i] * factor * Floats(p.weight).at[i];
    }
}
