// Decodes weights of every stored type, the very floats of Winnow.Quantization. The unit is a run: 16 neighbouring elements of a
// row whose first byte has an address that is a multiple of 2, of 4 (F32, Q4_1, Q2_K), of 8 (Q5_1) or of 16 (Q4_K, Q5_K).
// WEIGHT_TYPE is a specialization constant: a TensorType by its GGUF number.
#include "decode_memory.glsl"

const uint F32 = 0u, F16 = 1u, Q4_0 = 2u, Q4_1 = 3u, Q5_0 = 6u, Q5_1 = 7u, Q8_0 = 8u;
const uint Q2_K = 10u, Q3_K = 11u, Q4_K = 12u, Q5_K = 13u, Q6_K = 14u, BF16 = 30u;

// Byte `index` of 16.
uint byteOf(uvec4 words, uint index) { return (words[index / 4u] >> (8u * (index % 4u))) & 0xFFu; }

// Bits of four neighbouring bytes.
uvec4 bitsOf(uint word, uint shift, uint mask) {
    return uvec4(word >> shift, word >> (shift + 8u), word >> (shift + 16u), word >> (shift + 24u)) & mask;
}

vec4 signedBytes(uint word) {
    int bytes = int(word);
    return vec4(bitfieldExtract(bytes, 0, 8), bitfieldExtract(bytes, 8, 8), bitfieldExtract(bytes, 16, 8), bitfieldExtract(bytes, 24, 8));
}

// Two runs that lie in the same bytes, so that a thread that takes both reads them once: the first of pair `pair` ...
uint runOfPair(uint pair) {
    if (WEIGHT_TYPE == Q4_K || WEIGHT_TYPE == Q5_K) {
        return (pair / 2u) * 4u + pair % 2u;
    }

    if (WEIGHT_TYPE == Q2_K || WEIGHT_TYPE == Q3_K) {
        return (pair / 2u) * 4u + pair % 2u;
    }

    if (WEIGHT_TYPE == Q6_K) {
        return (pair / 4u) * 8u + pair % 4u;
    }

    return 2u * pair;
}

// ... and how many runs later the second follows.
const uint PAIR_STEP =
    WEIGHT_TYPE == Q6_K ? 4u
    : WEIGHT_TYPE == Q2_K || WEIGHT_TYPE == Q3_K || WEIGHT_TYPE == Q4_K || WEIGHT_TYPE == Q5_K ? 2u : 1u;

void decodeReals(uint64_t row, uint run, uint inputs, out vec4 w[4]) {
    uint64_t address = row + uint64_t(run) * 64ul;
    uint count = inputs - min(inputs, run * 16u);
    [[unroll]] for (uint i = 0u; i < 4u; i++) {
        w[i] = count >= 16u
            ? loadReals(address + 16ul * i, inputs % 4u == 0u)
            : loadSomeReals(address + 16ul * i, count - min(count, 4u * i));
    }
}

// F16 and BF16.
void decodeHalves(uint64_t row, uint run, uint inputs, out vec4 w[4]) {
    uint64_t address = row + uint64_t(run) * 32ul;
    uint count = inputs - min(inputs, run * 16u);
    uint words[8];
    if (count >= 16u && inputs % 8u == 0u) {
        uvec4 first = load128(address), second = load128(address + 16ul);
        words = uint[8](first.x, first.y, first.z, first.w, second.x, second.y, second.z, second.w);
    } else {
        [[unroll]] for (uint i = 0u; i < 8u; i++) {
            uint low = 2u * i < count ? load16(address + 4ul * i) : 0u;
            uint high = 2u * i + 1u < count ? load16(address + 4ul * i + 2ul) : 0u;
            words[i] = low | (high << 16);
        }
    }

    [[unroll]] for (uint i = 0u; i < 4u; i++) {
        w[i] = WEIGHT_TYPE == F16
            ? vec4(halfValues(words[2u * i]), halfValues(words[2u * i + 1u]))
            : vec4(
                uintBitsToFloat(words[2u * i] << 16), uintBitsToFloat(words[2u * i] & 0xFFFF0000u),
                uintBitsToFloat(words[2u * i + 1u] << 16), uintBitsToFloat(words[2u * i + 1u] & 0xFFFF0000u));
    }
}

// Q4_0, Q4_1, Q5_0, Q5_1: 16 bytes hold elements 0 to 15 in their low and 16 to 31 in their high nibbles.
void decodeNibbles(uint64_t row, uint run, out vec4 w[4]) {
    uint upper = run % 2u;
    const bool hasMinimum = WEIGHT_TYPE == Q4_1 || WEIGHT_TYPE == Q5_1;
    const bool hasFifth = WEIGHT_TYPE == Q5_0 || WEIGHT_TYPE == Q5_1;
    const uint header = (hasMinimum ? 4u : 2u) + (hasFifth ? 4u : 0u);
    uint64_t block = row + uint64_t(run / 2u) * (header + 16u);
    float scale = halfValue(load16(block));
    float minimum = hasMinimum ? halfValue(load16(block + 2ul)) : 0.0;
    uint fifth = hasFifth ? load32Even(block + (hasMinimum ? 4u : 2u)) >> (16u * upper) : 0u;
    uvec4 quants = hasMinimum ? load128By4(block + header) : load128Even(block + header);
    const float centre = WEIGHT_TYPE == Q4_0 ? 8.0 : WEIGHT_TYPE == Q5_0 ? 16.0 : 0.0;
    [[unroll]] for (uint i = 0u; i < 4u; i++) {
        uvec4 quant = bitsOf(quants[i], 4u * upper, 15u);
        if (hasFifth) {
            uint bits = fifth >> (4u * i);
            quant |= uvec4(bits & 1u, (bits >> 1) & 1u, (bits >> 2) & 1u, (bits >> 3) & 1u) << 4;
        }

        w[i] = scale * (vec4(quant) - centre) + minimum;
    }
}

void decodeQ8_0(uint64_t row, uint run, out vec4 w[4]) {
    uint64_t block = row + uint64_t(run / 2u) * 34ul;
    float scale = halfValue(load16(block));
    uvec4 quants = load128Even(block + 2ul + 16u * (run % 2u));
    [[unroll]] for (uint i = 0u; i < 4u; i++) {
        w[i] = scale * signedBytes(quants[i]);
    }
}

void decodeQ2_K(uint64_t row, uint run, out vec4 w[4]) {
    uint64_t block = row + uint64_t(run / 16u) * 84ul;
    uint group = run % 16u;
    uint packed = load32(block + (group & ~3u)) >> (8u * (group % 4u));
    vec2 multipliers = halfValues(load32(block + 80ul));
    float scale = multipliers.x * float(packed & 15u);
    float minimum = multipliers.y * float((packed >> 4) & 15u);
    uvec4 quants = load128By4(block + 16ul + (group / 8u) * 32u + (group % 2u) * 16u);
    uint shift = (group / 2u % 4u) * 2u;
    [[unroll]] for (uint i = 0u; i < 4u; i++) {
        w[i] = scale * vec4(bitsOf(quants[i], shift, 3u)) - minimum;
    }
}

void decodeQ3_K(uint64_t row, uint run, out vec4 w[4]) {
    uint64_t block = row + uint64_t(run / 16u) * 110ul;
    uint group = run % 16u;
    uint low = load16(block + 96ul + (group % 8u & ~1u)) >> (8u * (group % 2u)) >> (4u * (group / 8u));
    uint high = load16(block + 104ul + (group % 4u & ~1u)) >> (8u * (group % 2u)) >> (2u * (group / 4u));
    float scale = halfValue(load16(block + 108ul)) * (float((low & 15u) | ((high & 3u) << 4)) - 32.0);
    uvec4 thirds = load128Even(block + (group % 2u) * 16u);
    uvec4 quants = load128Even(block + 32ul + (group / 8u) * 32u + (group % 2u) * 16u);
    uint part = group / 2u;
    [[unroll]] for (uint i = 0u; i < 4u; i++) {
        uvec4 quant = bitsOf(quants[i], (part % 4u) * 2u, 3u) | (bitsOf(thirds[i] >> part, 0u, 1u) << 2);
        w[i] = scale * (vec4(quant) - 4.0);
    }
}

// Q4_K and Q5_K: the first 16 bytes are d, dmin and twelve bytes of packed scales.
void decodePer32(uint64_t row, uint run, out vec4 w[4]) {
    const uint quantsAt = WEIGHT_TYPE == Q4_K ? 16u : 48u;
    uint64_t block = row + uint64_t(run / 16u) * (quantsAt + 128u);
    uint group = run % 16u / 2u;
    uint column = run % 2u * 16u;
    uvec4 header = load128(block);
    uint shift = 8u * (group % 4u);
    uint scales = header.y >> shift, minima = header.z >> shift, rest = header.w >> shift;
    uint scaleBits = group < 4u ? scales & 63u : (rest & 15u) | ((scales & 0xC0u) >> 2);
    uint minimumBits = group < 4u ? minima & 63u : ((rest >> 4) & 15u) | ((minima & 0xC0u) >> 2);
    vec2 multipliers = halfValues(header.x);
    float scale = multipliers.x * float(scaleBits);
    float minimum = multipliers.y * float(minimumBits);
    uvec4 quants = load128(block + quantsAt + (group / 2u) * 32u + column);
    uvec4 fifths = WEIGHT_TYPE == Q5_K ? load128(block + 16ul + column) >> group : uvec4(0u);
    [[unroll]] for (uint i = 0u; i < 4u; i++) {
        uvec4 quant = bitsOf(quants[i], 4u * (group % 2u), 15u);
        if (WEIGHT_TYPE == Q5_K) {
            quant |= bitsOf(fifths[i], 0u, 1u) << 4;
        }

        w[i] = scale * vec4(quant) - minimum;
    }
}

void decodeQ6_K(uint64_t row, uint run, out vec4 w[4]) {
    uint64_t block = row + uint64_t(run / 16u) * 210ul;
    uint group = run % 16u;
    uint upper = group / 8u;
    uint part = group / 2u % 4u;
    uint column = group % 2u * 16u;
    uint factors = load16(block + 192ul + (group & ~1u));
    float scale = halfValue(load16(block + 208ul)) * float(bitfieldExtract(int(factors), int(8u * (group % 2u)), 8));
    uvec4 lows = load128Even(block + upper * 64u + part % 2u * 32u + column);
    uvec4 highs = load128Even(block + 128ul + upper * 32u + column);
    [[unroll]] for (uint i = 0u; i < 4u; i++) {
        uvec4 quant = bitsOf(lows[i], 4u * (part / 2u), 15u) | (bitsOf(highs[i], 2u * part, 3u) << 4);
        w[i] = scale * (vec4(quant) - 32.0);
    }
}

// Elements [16 · run, 16 · run + 16) of a row of `inputs` elements; those behind its end are 0.
void decodeRun(uint64_t row, uint run, uint inputs, out vec4 w[4]) {
    if (WEIGHT_TYPE == F32) {
        decodeReals(row, run, inputs, w);
    } else if (WEIGHT_TYPE == F16 || WEIGHT_TYPE == BF16) {
        decodeHalves(row, run, inputs, w);
    } else if (WEIGHT_TYPE == Q8_0) {
        decodeQ8_0(row, run, w);
    } else if (WEIGHT_TYPE == Q2_K) {
        decodeQ2_K(row, run, w);
    } else if (WEIGHT_TYPE == Q3_K) {
        decodeQ3_K(row, run, w);
    } else if (WEIGHT_TYPE == Q4_K || WEIGHT_TYPE == Q5_K) {
        decodePer32(row, run, w);
    } else if (WEIGHT_TYPE == Q6_K) {
        decodeQ6_K(row, run, w);
    } else {
        decodeNibbles(row, run, w);
    }
}
