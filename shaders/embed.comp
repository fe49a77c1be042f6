#version 460
#extension GL_GOOGLE_include_directive : require

// Rows of a table of any stored type: an invocation decodes 16 neighbouring elements.

#include "elementwise.glsl"

layout(constant_id = 1) const uint WEIGHT_TYPE = 0;

#include "decode.glsl"

layout(push_constant, std430) uniform Parameters {
    uint64_t table;
    uint64_t ids;
    uint64_t target;
    uint rows;
    uint columns;
    uint targetStride;
    uint rowBytes;
} p;

void main() {
    uint runs = (p.columns + 15u) / 16u;
    uint index = invocationIndex();
    uint row = index / runs;
    uint run = index % runs;
    if (row >= p.rows) {
        return;
    }

    vec4 values[4];
    decodeRun(p.table + uint64_t(load32(p.ids + 4ul * row)) * p.rowBytes, run, p.columns, values);
    Floats target = rowOf(p.target, row, p.targetStride);
    [[unroll]] for (uint i = 0u; i < 16u; i++) {
        if (16u * run + i < p.columns) {
            target.at[16u * run + i] = values[i / 4u][i % 4u];
        }
    }
}
