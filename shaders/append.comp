#version 460
#extension GL_GOOGLE_include_directive : require

// Stores keys and values in the pages of a layer, rounded as the host rounds them, in integers where a device's own conversions may
// differ: a thread takes a block of one row in Q8_0 and Q4_0, eight elements in other types.

layout(local_size_x_id = 0) in;
layout(constant_id = 0) const uint WORKGROUP = 64;
layout(constant_id = 1) const uint KEY_FORM = 0;
layout(constant_id = 2) const uint VALUE_FORM = 0;

#include "decode_rows.glsl"

layout(push_constant, std430) uniform Parameters {
    uint64_t pages;
    uint64_t keys;          // [tokens, kvHeads · keyCount], from the group's first head on
    uint64_t values;
    uint keyStride;
    uint valueStride;
    uint keyCount;
    uint valueCount;
    uint tokens;
    uint kvHeads;
    uint firstRow;
    uint keyBytes;
    uint tokenBytes;
    uint headBytes;
} p;

// Elements of a key and of a value that a thread takes.
const uint KEY_PART = KEY_FORM == ROW_Q8_0 || KEY_FORM == ROW_Q4_0 ? 32u : 8u;
const uint VALUE_PART = VALUE_FORM == ROW_Q8_0 || VALUE_FORM == ROW_Q4_0 ? 32u : 8u;

// f32 to f16, to the nearest and of two the even.
uint halfBits(float value) {
    uint bits = floatBitsToUint(value);
    uint sign = (bits >> 16) & 0x8000u;
    uint magnitude = bits & 0x7FFFFFFFu;
    if (magnitude > 0x7F800000u) {
        return sign | 0x7E00u;
    }

    if (magnitude >= 0x47800000u) {
        return sign | 0x7C00u;
    }

    if (magnitude < 0x38800000u) {
        // Below the smallest normal f16: units of 2^-24, the rest of them shifted out.
        uint shift = 126u - (magnitude >> 23);
        if (shift > 25u) {
            return sign;
        }

        uint mantissa = (magnitude & 0x7FFFFFu) | 0x800000u;
        uint whole = mantissa >> shift;
        uint rest = mantissa & ((1u << shift) - 1u);
        uint middle = 1u << (shift - 1u);
        return sign | (whole + (rest > middle || (rest == middle && (whole & 1u) != 0u) ? 1u : 0u));
    }

    // The carry of the rounding may go into the exponent, up to infinity.
    return sign | ((magnitude - 0x38000000u + 0xFFFu + ((magnitude >> 13) & 1u)) >> 13);
}

// The nearest 24 bits of a quotient whose lowest bit tells whether anything was cut off, as a float times 2^exponent.
float rounded(uint quotient, int exponent) {
    int excess = findMSB(quotient) - 23;
    uint rest = quotient & ((1u << excess) - 1u);
    uint middle = 1u << (excess - 1);
    uint mantissa = quotient >> excess;
    mantissa += rest > middle || (rest == middle && (mantissa & 1u) != 0u) ? 1u : 0u;
    int biased = exponent + excess + 23 + 127;
    // The mantissa's own highest bit adds 1 to the exponent, the carry of a rounding another.
    return uintBitsToFloat((uint(biased - 1) << 23) + mantissa);
}

// The correctly rounded largest / 127, for normal quotients.
float scaleOf(float largest) {
    uint bits = floatBitsToUint(largest);
    uint numerator = ((bits & 0x7FFFFFu) | 0x800000u) << 8;
    uint quotient = numerator / 127u;
    return rounded((quotient << 1) | (numerator % 127u != 0u ? 1u : 0u), int(bits >> 23) - 127 - 23 - 9);
}

// The correctly rounded 1 / scale, for normal scales.
float inverseOf(float scale) {
    uint bits = floatBitsToUint(scale);
    uint64_t mantissa = uint64_t((bits & 0x7FFFFFu) | 0x800000u);
    const uint64_t one = 1ul << 50;
    uint quotient = uint(one / mantissa);
    return rounded((quotient << 1) | (uint64_t(quotient) * mantissa != one ? 1u : 0u), 23 + 127 - int(bits >> 23) - 51);
}

void storeQ8_0(uint64_t source, uint64_t target) {
    float largest = 0.0;
    for (uint i = 0u; i < 32u; i++) {
        largest = max(largest, abs(loadReal(source + 4ul * i)));
    }

    // Where the scale would be no normal f32, its f16 is a zero of that sign and so are the values, whatever the quants.
    bool isZero = largest < 1.5e-36;
    float scale = isZero ? 0.0 : scaleOf(largest);
    float inverse = isZero ? 0.0 : inverseOf(scale);
    Half(target).value = uint16_t(halfBits(scale));
    for (uint i = 0u; i < 16u; i++) {
        uint pair = 0u;
        for (uint j = 0u; j < 2u; j++) {
            // To the nearest, halves away from zero: the fraction is exact, so that nothing rounds across a half.
            precise float quotient = loadReal(source + 4ul * (2u * i + j)) * inverse;
            precise float whole = trunc(quotient);
            int quant = int(whole) + (abs(quotient - whole) >= 0.5 ? (quotient < 0.0 ? -1 : 1) : 0);
            pair |= (uint(quant) & 0xFFu) << (8u * j);
        }

        Half(target + 2ul + 2u * i).value = uint16_t(pair);
    }
}

// The element of largest magnitude, of equals the first, becomes level 0, and the scale is it divided by -8.
void storeQ4_0(uint64_t source, uint64_t target) {
    float extreme = 0.0;
    for (uint i = 0u; i < 32u; i++) {
        float value = loadReal(source + 4ul * i);
        extreme = abs(value) > abs(extreme) ? value : extreme;
    }

    // Where the scale would be no normal f32, its f16 is a zero of that sign and so are the values, whatever the quants.
    bool isZero = abs(extreme) < 1e-37;
    float scale = isZero ? 0.0 : extreme / -8.0;
    float inverse = isZero ? 0.0 : inverseOf(abs(scale)) * (scale < 0.0 ? -1.0 : 1.0);
    Half(target).value = uint16_t(isZero ? ((floatBitsToUint(extreme) >> 16) & 0x8000u) ^ 0x8000u : halfBits(scale));
    for (uint i = 0u; i < 8u; i++) {
        uint pair = 0u;
        for (uint j = 0u; j < 4u; j++) {
            // Two neighbours and those 16 behind them: their low nibbles first.
            precise float product = loadReal(source + 4ul * (2u * i + (j / 2u) + 16u * (j % 2u))) * inverse;
            precise float level = trunc(product + 8.5);
            pair |= uint(min(level, 15.0)) << (4u * j);
        }

        Half(target + 2ul + 2u * i).value = uint16_t(pair);
    }
}

// f32 to bfloat16, to the nearest and of two the even.
uint upperHalf(uint bits) {
    return (bits & 0x7FFFFFFFu) > 0x7F800000u ? (bits >> 16) | 0x40u : (bits + 0x7FFFu + ((bits >> 16) & 1u)) >> 16;
}

void storeOne(uint form, uint64_t row, uint element, float value) {
    uint bits = floatBitsToUint(value);
    if (form == ROW_F32) {
        Word(row + 4ul * element).value = bits;
    } else if (form == ROW_F32_EVEN) {
        Half(row + 4ul * element).value = uint16_t(bits & 0xFFFFu);
        Half(row + 4ul * element + 2ul).value = uint16_t(bits >> 16);
    } else {
        Half(row + 2ul * element).value = uint16_t(form == ROW_BF16 ? upperHalf(bits) : halfBits(value));
    }
}

void store(uint form, uint64_t source, uint64_t row, uint first, uint count) {
    if (form == ROW_Q8_0) {
        storeQ8_0(source + 4ul * first, row + 34ul * (first / 32u));
        return;
    }

    if (form == ROW_Q4_0) {
        storeQ4_0(source + 4ul * first, row + 18ul * (first / 32u));
        return;
    }

    // All loads first: a store between them would make each wait for the one before.
    float values[8];
    [[unroll]] for (uint i = 0u; i < 8u; i++) {
        values[i] = loadReal(source + 4ul * min(first + i, count - 1u));
    }

    [[unroll]] for (uint i = 0u; i < 8u; i++) {
        if (first + i < count) {
            storeOne(form, row, first + i, values[i]);
        }
    }
}

void main() {
    uint keyParts = (p.keyCount + KEY_PART - 1u) / KEY_PART;
    uint parts = keyParts + (p.valueCount + VALUE_PART - 1u) / VALUE_PART;
    uint index = gl_GlobalInvocationID.x;
    if (index >= p.tokens * p.kvHeads * parts) {
        return;
    }

    uint part = index % parts;
    uint head = index / parts % p.kvHeads;
    uint token = index / parts / p.kvHeads;
    uint64_t row = keyAddress(p.pages, p.firstRow + token, head * p.headBytes, p.tokenBytes);
    if (part < keyParts) {
        uint64_t source = p.keys + 4ul * (uint64_t(token) * p.keyStride + head * p.keyCount);
        store(KEY_FORM, source, row, KEY_PART * part, p.keyCount);
    } else {
        uint64_t source = p.values + 4ul * (uint64_t(token) * p.valueStride + head * p.valueCount);
        store(VALUE_FORM, source, row + p.keyBytes, VALUE_PART * (part - keyParts), p.valueCount);
    }
}
