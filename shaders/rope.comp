#version 460
#extension GL_GOOGLE_include_directive : require

// Rotates pairs of elements of each head in place, by cosines and sines that the host made for the row's position.

#include "elementwise.glsl"

layout(constant_id = 1) const bool INTERLEAVED = false;

layout(buffer_reference, std430, buffer_reference_align = 8) buffer Addresses { uint64_t at[]; };

layout(push_constant, std430) uniform Parameters {
    uint64_t values;
    uint64_t tables;        // for each row where the cosines of its position are; the sines follow
    uint rows;
    uint heads;
    uint headDimension;
    uint pairs;
    uint stride;
} p;

void main() {
    uint index = invocationIndex();
    uint pairsOfRow = p.heads * p.pairs;
    uint row = index / pairsOfRow;
    if (row >= p.rows) {
        return;
    }

    uint head = index % pairsOfRow / p.pairs;
    uint pair = index % p.pairs;
    Floats table = Floats(Addresses(p.tables).at[row]);
    float cosine = table.at[pair];
    float sine = table.at[p.pairs + pair];
    Floats values = rowOf(p.values, row, p.stride);
    uint first = head * p.headDimension + (INTERLEAVED ? 2u * pair : pair);
    uint second = first + (INTERLEAVED ? 1u : p.pairs);
    float x = values.at[first];
    float y = values.at[second];
    values.at[first] = x * cosine - y * sine;
    values.at[second] = y * cosine + x * sine;
}
