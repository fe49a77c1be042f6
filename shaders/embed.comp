#version 460
#extension GL_GOOGLE_include_directive : require

// Rows of a table of 2-byte or 4-byte floats.

#include "elementwise.glsl"
#extension GL_EXT_shader_16bit_storage : require
#extension GL_EXT_shader_explicit_arithmetic_types_int16 : require

layout(constant_id = 1) const uint WEIGHT_TYPE = 0;

const uint F32 = 0u, F16 = 1u;

layout(buffer_reference, std430, buffer_reference_align = 4) buffer Ids { uint at[]; };
layout(buffer_reference, std430, buffer_reference_align = 2) buffer Halves { uint16_t at[]; };

layout(push_constant, std430) uniform Parameters {
    uint64_t table;
    uint64_t ids;
    uint64_t target;
    uint rows;
    uint columns;
    uint targetStride;
    uint rowBytes;
} p;

// In integers, because drivers may flush denormals.
float halfValue(uint bits) {
    uint magnitude = bits & 0x7FFFu;
    float value = magnitude >= 0x0400u ? uintBitsToFloat((magnitude << 13) + (112u << 23)) : float(magnitude) * 5.9604644775390625e-8;
    return uintBitsToFloat(floatBitsToUint(value) | ((bits & 0x8000u) << 16));
}

void main() {
    uint index = invocationIndex();
    uint row = index / p.columns;
    uint column = index % p.columns;
    if (row >= p.rows) {
        return;
    }

    uint64_t source = p.table + uint64_t(Ids(p.ids).at[row]) * p.rowBytes;
    float value;
    if (WEIGHT_TYPE == F32) {
        value = Floats(source).at[column];
    } else {
        uint bits = uint(Halves(source).at[column]);
        value = WEIGHT_TYPE == F16 ? halfValue(bits) : uintBitsToFloat(bits << 16);
    }

    rowOf(p.target, row, p.targetStride).at[column] = value;
}
