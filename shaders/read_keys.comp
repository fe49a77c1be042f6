#version 460
#extension GL_GOOGLE_include_directive : require

// Reads keys back and undoes their rotation: a thread takes two elements that were rotated together, or two that were not.

layout(local_size_x_id = 0) in;
layout(constant_id = 0) const uint WORKGROUP = 64;
layout(constant_id = 1) const uint KEY_FORM = 0;

#include "decode_rows.glsl"

layout(push_constant, std430) uniform Parameters {
    uint64_t pages;
    uint64_t rotations;     // [count] where the cosines of a key's position begin, the sines behind them
    uint64_t keys;          // [count, kvHeads · keyCount]
    uint stride;
    uint keyCount;
    uint kvHeads;
    uint first;
    uint rowStep;
    uint count;
    uint pairs;
    uint interleaved;
    uint tokenBytes;
    uint headBytes;
    float factor;           // of cosines and sines: one over their magnitude squared
} p;

float element(uint64_t row, uint index) { return rowElements(KEY_FORM, row, index / 4u, p.keyCount)[index % 4u]; }

void main() {
    uint halves = (p.keyCount + 1u) / 2u;
    uint index = gl_GlobalInvocationID.x;
    if (index >= p.count * p.kvHeads * halves) {
        return;
    }

    uint pair = index % halves;
    uint head = index / halves % p.kvHeads;
    uint key = index / halves / p.kvHeads;
    uint64_t row = keyAddress(p.pages, p.first + key * p.rowStep, head * p.headBytes, p.tokenBytes);
    uint64_t target = p.keys + 4ul * (uint64_t(key) * p.stride + head * p.keyCount);
    bool isRotated = pair < p.pairs;
    uint one = isRotated && p.interleaved == 0u ? pair : 2u * pair;
    uint other = isRotated && p.interleaved == 0u ? pair + p.pairs : one + 1u;
    float x = element(row, one);
    float y = other < p.keyCount ? element(row, other) : 0.0;
    if (isRotated) {
        uint64_t rotation = Address(p.rotations + 8ul * key).value + 4ul * pair;
        float cosine = loadReal(rotation) * p.factor, sine = loadReal(rotation + 4ul * p.pairs) * p.factor;
        float turned = x * cosine + y * sine;
        y = y * cosine - x * sine;
        x = turned;
    }

    Real(target + 4ul * one).value = x;
    if (other < p.keyCount) {
        Real(target + 4ul * other).value = y;
    }
}
