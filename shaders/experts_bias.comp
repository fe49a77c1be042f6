#version 460
#extension GL_GOOGLE_include_directive : require

// values[slot] += biases[the expert of the slot].

layout(local_size_x = 64) in;

#include "decode_memory.glsl"

layout(push_constant, std430) uniform Parameters {
    uint64_t values;        // [slots, columns]
    uint64_t biases;        // [experts, columns]
    uint64_t ids;           // [slots]
    uint columns;
} p;

void main() {
    uint column = gl_GlobalInvocationID.x;
    uint slot = gl_WorkGroupID.y;
    if (column < p.columns) {
        uint expert = load32(p.ids + 4ul * slot);
        Real value = Real(p.values + 4ul * (uint64_t(slot) * p.columns + column));
        value.value += loadReal(p.biases + 4ul * (uint64_t(expert) * p.columns + column));
    }
}
