#version 460
#extension GL_GOOGLE_include_directive : require

// Turns the scores of a step into probabilities, in place; rows that nobody scored hold -∞ and become 0.

layout(local_size_x = 64) in;

#include "decode_memory.glsl"
#include "math.glsl"

layout(push_constant, std430) uniform Parameters {
    uint64_t mass;          // [queryHeads, rows]
    uint64_t statistics;    // [queryHeads] maximum and reciprocal sum
    uint stride;
    uint rowCount;
} p;

void main() {
    uint row = gl_GlobalInvocationID.x;
    uint head = gl_WorkGroupID.y;
    if (row < p.rowCount) {
        Real mass = Real(p.mass + 4ul * (uint64_t(head) * p.stride + row));
        float score = mass.value;
        float share = loadReal(p.statistics + 8ul * head + 4ul);
        mass.value = share == 0.0 || isinf(score) ? 0.0 : exponential(score - loadReal(p.statistics + 8ul * head)) * share;
    }
}
