#version 460
#extension GL_GOOGLE_include_directive : require

// Fills rows of a matrix with one value, before attention writes some of them.

layout(local_size_x = 64) in;

#include "decode_memory.glsl"

layout(push_constant, std430) uniform Parameters {
    uint64_t values;
    uint stride;
    uint columns;
    float value;
} p;

void main() {
    uint column = gl_GlobalInvocationID.x;
    if (column < p.columns) {
        Real(p.values + 4ul * (uint64_t(gl_WorkGroupID.y) * p.stride + column)).value = p.value;
    }
}
