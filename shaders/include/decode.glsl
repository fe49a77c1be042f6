// Decodes weights of every stored type, the very floats of Winnow.Quantization. The unit is a run: 16 neighbouring elements of a
// row whose first byte has any address (MXFP4), or one that is a multiple of 2, of 4 (F32, Q4_1, Q2_K), of 8 (Q5_1) or of 16 (Q4_K, Q5_K).
// WEIGHT_TYPE is a specialization constant: a TensorType by its GGUF number.
#include "decode_memory.glsl"

const uint F32 = 0u, F16 = 1u, Q4_0 = 2u, Q4_1 = 3u, Q5_0 = 6u, Q5_1 = 7u, Q8_0 = 8u;
const uint Q2_K = 10u, Q3_K = 11u, Q4_K = 12u, Q5_K = 13u, Q6_K = 14u, BF16 = 30u;
const uint IQ4_NL = 20u, IQ3_S = 21u, IQ2_S = 22u, IQ4_XS = 23u, MXFP4 = 39u;

// Whether quants are signed bytes.
const bool HAS_SIGNED_QUANTS = WEIGHT_TYPE == Q8_0 || WEIGHT_TYPE == IQ4_NL || WEIGHT_TYPE == IQ3_S || WEIGHT_TYPE == IQ2_S
    || WEIGHT_TYPE == IQ4_XS || WEIGHT_TYPE == MXFP4;

vec4 unsignedBytes(uint word) {
    return vec4(word & 0xFFu, (word >> 8) & 0xFFu, (word >> 16) & 0xFFu, word >> 24);
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

// A run of a quantized type: element i is scale · (byte i of the quants - centre) - minimum. Bytes may be signed.
struct PackedRun {
    uvec4 quants;
    float scale;
    float centre;
    float minimum;
};

// The lowest four bits, each in a byte of its own.
uint spread(uint bits) { return (bits & 1u) | ((bits & 2u) << 7) | ((bits & 4u) << 14) | ((bits & 8u) << 21); }

// Q4_0, Q4_1, Q5_0, Q5_1: 16 bytes hold elements 0 to 15 in their low and 16 to 31 in their high nibbles.
PackedRun packedNibbles(uint64_t row, uint run) {
    uint upper = run % 2u;
    const bool hasMinimum = WEIGHT_TYPE == Q4_1 || WEIGHT_TYPE == Q5_1;
    const bool hasFifth = WEIGHT_TYPE == Q5_0 || WEIGHT_TYPE == Q5_1;
    const uint header = (hasMinimum ? 4u : 2u) + (hasFifth ? 4u : 0u);
    uint64_t block = row + uint64_t(run / 2u) * (header + 16u);
    PackedRun r;
    r.scale = halfValue(load16(block));
    r.centre = WEIGHT_TYPE == Q4_0 ? 8.0 : WEIGHT_TYPE == Q5_0 ? 16.0 : 0.0;
    r.minimum = hasMinimum ? -halfValue(load16(block + 2ul)) : 0.0;
    uint fifth = hasFifth ? load32Even(block + (hasMinimum ? 4u : 2u)) >> (16u * upper) : 0u;
    r.quants = ((hasMinimum ? load128By4(block + header) : load128Even(block + header)) >> (4u * upper)) & 0x0F0F0F0Fu;
    if (hasFifth) {
        r.quants |= uvec4(spread(fifth), spread(fifth >> 4), spread(fifth >> 8), spread(fifth >> 12)) << 4;
    }

    return r;
}

PackedRun packedQ8_0(uint64_t row, uint run) {
    uint64_t block = row + uint64_t(run / 2u) * 34ul;
    return PackedRun(load128Even(block + 2ul + 16u * (run % 2u)), halfValue(load16(block)), 0.0, 0.0);
}

PackedRun packedQ2_K(uint64_t row, uint run) {
    uint64_t block = row + uint64_t(run / 16u) * 84ul;
    uint group = run % 16u;
    uint factors = load32(block + (group & ~3u)) >> (8u * (group % 4u));
    vec2 multipliers = halfValues(load32(block + 80ul));
    uvec4 quants = load128By4(block + 16ul + (group / 8u) * 32u + (group % 2u) * 16u);
    return PackedRun(
        (quants >> ((group / 2u % 4u) * 2u)) & 0x03030303u,
        multipliers.x * float(factors & 15u), 0.0, multipliers.y * float((factors >> 4) & 15u));
}

PackedRun packedQ3_K(uint64_t row, uint run) {
    uint64_t block = row + uint64_t(run / 16u) * 110ul;
    uint group = run % 16u;
    uint low = load16(block + 96ul + (group % 8u & ~1u)) >> (8u * (group % 2u)) >> (4u * (group / 8u));
    uint high = load16(block + 104ul + (group % 4u & ~1u)) >> (8u * (group % 2u)) >> (2u * (group / 4u));
    float scale = halfValue(load16(block + 108ul)) * (float((low & 15u) | ((high & 3u) << 4)) - 32.0);
    uvec4 thirds = load128Even(block + (group % 2u) * 16u);
    uvec4 quants = load128Even(block + 32ul + (group / 8u) * 32u + (group % 2u) * 16u);
    uint part = group / 2u;
    return PackedRun(((quants >> ((part % 4u) * 2u)) & 0x03030303u) | (((thirds >> part) & 0x01010101u) << 2), scale, 4.0, 0.0);
}

// Q4_K and Q5_K: the first 16 bytes are d, dmin and twelve bytes of packed scales.
PackedRun packedPer32(uint64_t row, uint run) {
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
    uvec4 quants = (load128(block + quantsAt + (group / 2u) * 32u + column) >> (4u * (group % 2u))) & 0x0F0F0F0Fu;
    if (WEIGHT_TYPE == Q5_K) {
        quants |= ((load128(block + 16ul + column) >> group) & 0x01010101u) << 4;
    }

    return PackedRun(quants, multipliers.x * float(scaleBits), 0.0, multipliers.y * float(minimumBits));
}

PackedRun packedQ6_K(uint64_t row, uint run) {
    uint64_t block = row + uint64_t(run / 16u) * 210ul;
    uint group = run % 16u;
    uint upper = group / 8u;
    uint part = group / 2u % 4u;
    uint column = group % 2u * 16u;
    uint factors = load16(block + 192ul + (group & ~1u));
    float scale = halfValue(load16(block + 208ul)) * float(bitfieldExtract(int(factors), int(8u * (group % 2u)), 8));
    uvec4 lows = load128Even(block + upper * 64u + part % 2u * 32u + column);
    uvec4 highs = load128Even(block + 128ul + upper * 32u + column);
    return PackedRun(((lows >> (4u * (part / 2u))) & 0x0F0F0F0Fu) | (((highs >> (2u * part)) & 0x03030303u) << 4), scale, 32.0, 0.0);
}

#include "decode_codes.glsl"

// Elements [16 · run, 16 · run + 16) of a row of a quantized type.
PackedRun packedRun(uint64_t row, uint run) {
    if (WEIGHT_TYPE == Q8_0) {
        return packedQ8_0(row, run);
    } else if (WEIGHT_TYPE == Q2_K) {
        return packedQ2_K(row, run);
    } else if (WEIGHT_TYPE == Q3_K) {
        return packedQ3_K(row, run);
    } else if (WEIGHT_TYPE == Q4_K || WEIGHT_TYPE == Q5_K) {
        return packedPer32(row, run);
    } else if (WEIGHT_TYPE == Q6_K) {
        return packedQ6_K(row, run);
    } else if (WEIGHT_TYPE == IQ4_NL) {
        return packedIQ4_NL(row, run);
    } else if (WEIGHT_TYPE == IQ4_XS) {
        return packedIQ4_XS(row, run);
    } else if (WEIGHT_TYPE == MXFP4) {
        return packedMXFP4(row, run);
    } else if (WEIGHT_TYPE == IQ3_S) {
        return packedIQ3_S(row, run);
    } else if (WEIGHT_TYPE == IQ2_S) {
        return packedIQ2_S(row, run);
    } else {
        return packedNibbles(row, run);
    }
}

// Elements [16 · run, 16 · run + 16) of a row of `inputs` elements; those behind its end are 0.
void decodeRun(uint64_t row, uint run, uint inputs, out vec4 w[4]) {
    if (WEIGHT_TYPE == F32) {
        decodeReals(row, run, inputs, w);
    } else if (WEIGHT_TYPE == F16 || WEIGHT_TYPE == BF16) {
        decodeHalves(row, run, inputs, w);
    } else {
        PackedRun r = packedRun(row, run);
        [[unroll]] for (uint i = 0u; i < 4u; i++) {
            vec4 quants = HAS_SIGNED_QUANTS ? signedBytes(r.quants[i]) : unsignedBytes(r.quants[i]);
            w[i] = r.scale * (quants - r.centre) - r.minimum;
        }
    }
}
