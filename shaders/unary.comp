#version 460
#extension GL_GOOGLE_include_directive : require

// target = f(source), element by element; the two may be the same.

#include "elementwise.glsl"
#include "activation.glsl"

layout(constant_id = 1) const uint FUNCTION = 0;

const uint COPY = 0u, SCALE = 1u, SOFT_CAP = 2u, CLAMP = 3u, ACTIVATE = 4u;

layout(push_constant, std430) uniform Parameters {
    uint64_t source;
    uint64_t target;
    uint rows;
    uint columns;
    uint sourceStride;
    uint targetStride;
    float factor;
} p;

float apply(float x) {
    switch (FUNCTION) {
        case COPY:
            return x;
        case SCALE:
            return x * p.factor;
        case SOFT_CAP:
            return p.factor * tangent(x / p.factor);
        case CLAMP:
            return clamp(x, -p.factor, p.factor);
        default:
            return activate(FUNCTION - ACTIVATE, x);
    }
}

void main() {
    uint index = invocationIndex();
    uint row = index / p.columns;
    uint column = index % p.columns;
    if (row < p.rows) {
        rowOf(p.target, row, p.targetStride).at[column] = apply(rowOf(p.source, row, p.sourceStride).at[column]);
    }
}
