#version 460
#extension GL_GOOGLE_include_directive : require

// output[t] = Σ weights[t, slot] · results[t, slot], the slots in order.

layout(local_size_x = 64) in;

#include "decode_memory.glsl"

layout(push_constant, std430) uniform Parameters {
    uint64_t results;       // [rows, used, columns]
    uint64_t weights;       // [rows, used]
    uint64_t outputs;       // [rows, columns]
    uint used;
    uint columns;
    uint outputStride;
} p;

void main() {
    uint column = gl_GlobalInvocationID.x;
    uint row = gl_WorkGroupID.y;
    if (column >= p.columns) {
        return;
    }

    precise float sum = 0.0;
    for (uint slot = 0u; slot < p.used; slot++) {
        uint64_t index = uint64_t(row) * p.used + slot;
        sum = fma(loadReal(p.weights + 4ul * index), loadReal(p.results + 4ul * (index * p.columns + column)), sum);
    }

    Real(p.outputs + 4ul * (uint64_t(row) * p.outputStride + column)).value = sum;
}
