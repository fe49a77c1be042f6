#version 460
#extension GL_GOOGLE_include_directive : require

// target = activation(gate) · up (limited, and 1 added, where the activation says so); the target may be either of them.

#include "elementwise.glsl"
#include "activation.glsl"

layout(constant_id = 1) const uint ACTIVATION = 0;

layout(push_constant, std430) uniform Parameters {
    uint64_t gate;
    uint64_t up;
    uint64_t target;
    uint rows;
    uint columns;
    uint gateStride;
    uint upStride;
    uint targetStride;
} p;

void main() {
    uint index = invocationIndex();
    uint row = index / p.columns;
    uint column = index % p.columns;
    if (row < p.rows) {
        float gate = activate(ACTIVATION, rowOf(p.gate, row, p.gateStride).at[column]);
        rowOf(p.target, row, p.targetStride).at[column] = gate * gated(ACTIVATION, rowOf(p.up, row, p.upStride).at[column]);
    }
}
