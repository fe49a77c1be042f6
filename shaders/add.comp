#version 460
#extension GL_GOOGLE_include_directive : require

// target += scale · addend; an addend of one row has stride 0.

#include "elementwise.glsl"

layout(push_constant, std430) uniform Parameters {
    uint64_t target;
    uint64_t addend;
    uint rows;
    uint columns;
    uint targetStride;
    uint addendStride;
    float scale;
} p;

void main() {
    uint index = invocationIndex();
    uint row = index / p.columns;
    uint column = index % p.columns;
    if (row < p.rows) {
        rowOf(p.target, row, p.targetStride).at[column] += p.scale * rowOf(p.addend, row, p.addendStride).at[column];
    }
}
