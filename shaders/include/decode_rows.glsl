// Decodes rows of keys and values, four elements at a time. Forms: how a row is stored, and what its address is a multiple of.
#include "decode_memory.glsl"

const uint ROW_F32 = 0u;            // 16
const uint ROW_F16 = 1u;            // 8
const uint ROW_Q8_0 = 2u;           // 2
const uint ROW_F32_EVEN = 3u;       // 2
const uint ROW_F16_EVEN = 4u;       // 2
const uint ROW_BF16 = 5u;           // 2
const uint ROW_Q4_0 = 6u;           // 2

// Elements [4 · quad, 4 · quad + 4) of a row of `count` elements; those behind its end are 0.
vec4 rowElements(uint form, uint64_t row, uint quad, uint count) {
    if (form == ROW_F32) {
        return FourReals(row + 16ul * quad).value;
    }

    if (form == ROW_F16) {
        uvec2 words = TwoWords(row + 8ul * quad).value;
        return vec4(halfValues(words.x), halfValues(words.y));
    }

    if (form == ROW_Q8_0) {
        uint64_t block = row + 34ul * (quad / 8u);
        int quants = int(load32Even(block + 2ul + 4u * (quad % 8u)));
        return halfValue(load16(block)) * vec4(
            bitfieldExtract(quants, 0, 8), bitfieldExtract(quants, 8, 8), bitfieldExtract(quants, 16, 8), bitfieldExtract(quants, 24, 8));
    }

    if (form == ROW_Q4_0) {
        // Elements 0 to 15 are in the low nibbles, 16 to 31 in the high ones.
        uint64_t block = row + 18ul * (quad / 8u);
        uint quants = load32Even(block + 2ul + 4u * (quad % 4u)) >> (4u * (quad / 4u % 2u));
        return halfValue(load16(block)) * (vec4(quants & 15u, (quants >> 8) & 15u, (quants >> 16) & 15u, (quants >> 24) & 15u) - 8.0);
    }

    vec4 elements = vec4(0.0);
    [[unroll]] for (uint i = 0u; i < 4u; i++) {
        uint element = 4u * quad + i;
        if (element < count) {
            elements[i] = form == ROW_F32_EVEN ? uintBitsToFloat(load32Even(row + 4ul * element))
                : form == ROW_BF16 ? uintBitsToFloat(load16(row + 2ul * element) << 16)
                : halfValue(load16(row + 2ul * element));
        }
    }

    return elements;
}

const uint PAGE_TOKENS = 64u;

// Where the key of a row begins: its page, its KV head, its place in there.
uint64_t keyAddress(uint64_t pages, uint row, uint headOffset, uint tokenBytes) {
    return Address(pages + 8ul * (row / PAGE_TOKENS)).value + headOffset + uint64_t(row % PAGE_TOKENS) * tokenBytes;
}
