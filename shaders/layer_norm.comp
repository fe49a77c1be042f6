#version 460
#extension GL_GOOGLE_include_directive : require

// output = (input - mean) / √(variance + epsilon) · weight + bias for each row: one workgroup a row.

#include "elementwise.glsl"
#include "reduce.glsl"

layout(constant_id = 1) const bool HAS_BIAS = false;

layout(push_constant, std430) uniform Parameters {
    uint64_t source;
    uint64_t weight;
    uint64_t bias;
    uint64_t target;
    uint rows;
    uint width;
    uint sourceStride;
    uint targetStride;
    float epsilon;
} p;

void main() {
    uint row = groupIndex();
    if (row >= p.rows) {
        return;
    }

    Floats source = rowOf(p.source, row, p.sourceStride);
    Floats target = rowOf(p.target, row, p.targetStride);
    float sum = 0.0;
    for (uint i = gl_LocalInvocationID.x; i < p.width; i += WORKGROUP) {
        sum += source.at[i];
    }

    float mean = sumOfGroup(sum) / float(p.width);

    // A second pass, because the mean of squares less the square of the mean cancels.
    float squares = 0.0;
    for (uint i = gl_LocalInvocationID.x; i < p.width; i += WORKGROUP) {
        float x = source.at[i] - mean;
        squares += x * x;
    }

    float factor = 1.0 / sqrt(sumOfGroup(squares) / float(p.width) + p.epsilon);
    for (uint i = gl_LocalInvocationID.x; i < p.width; i += WORKGROUP) {
        float y = (source.at[i] - mean) * factor * Floats(p.weight).at[i];
        target.at[i] = HAS_BIAS ? y + Floats(p.bias).at[i] : y;
    }
}
