// Memory by address: every load that shaders of products and attention use, by alignment.
#extension GL_EXT_buffer_reference : require
#extension GL_EXT_shader_explicit_arithmetic_types_int64 : require
#extension GL_EXT_shader_16bit_storage : require
#extension GL_EXT_control_flow_attributes : require

layout(buffer_reference, std430, buffer_reference_align = 2) buffer Half { uint16_t value; };
layout(buffer_reference, std430, buffer_reference_align = 4) buffer Word { uint value; };
layout(buffer_reference, std430, buffer_reference_align = 8) buffer TwoWords { uvec2 value; };
layout(buffer_reference, std430, buffer_reference_align = 16) buffer FourWords { uvec4 value; };
layout(buffer_reference, std430, buffer_reference_align = 4) buffer Real { float value; };
layout(buffer_reference, std430, buffer_reference_align = 16) buffer FourReals { vec4 value; };
layout(buffer_reference, std430, buffer_reference_align = 8) buffer Address { uint64_t value; };

uint load16(uint64_t address) { return uint(Half(address).value); }

uint load32(uint64_t address) { return Word(address).value; }

// Where an address is only even.
uint load32Even(uint64_t address) { return load16(address) | (load16(address + 2ul) << 16); }

// Words from a multiple of 4.
uvec4 load128By4(uint64_t address) {
    return uvec4(load32(address), load32(address + 4ul), load32(address + 8ul), load32(address + 12ul));
}

uvec4 load128Even(uint64_t address) {
    return uvec4(load32Even(address), load32Even(address + 4ul), load32Even(address + 8ul), load32Even(address + 12ul));
}

uvec4 load128(uint64_t address) { return FourWords(address).value; }

float loadReal(uint64_t address) { return Real(address).value; }

// Four floats; `aligned` says whether the address is a multiple of 16.
vec4 loadReals(uint64_t address, bool aligned) {
    return aligned
        ? FourReals(address).value
        : vec4(loadReal(address), loadReal(address + 4ul), loadReal(address + 8ul), loadReal(address + 12ul));
}

// Four floats, of which only the first `count` exist; the others are 0.
vec4 loadSomeReals(uint64_t address, uint count) {
    return vec4(
        count > 0u ? loadReal(address) : 0.0,
        count > 1u ? loadReal(address + 4ul) : 0.0,
        count > 2u ? loadReal(address + 8ul) : 0.0,
        count > 3u ? loadReal(address + 12ul) : 0.0);
}

// f16 to f32 in integers, because drivers may flush denormals, as scales of blocks are. Exact for finite values.
float halfValue(uint bits) {
    uint magnitude = bits & 0x7FFFu;
    float value = magnitude >= 0x0400u ? uintBitsToFloat((magnitude << 13) + (112u << 23)) : float(magnitude) * 5.9604644775390625e-8;
    return uintBitsToFloat(floatBitsToUint(value) | ((bits & 0x8000u) << 16));
}

vec2 halfValues(uint pair) { return vec2(halfValue(pair & 0xFFFFu), halfValue(pair >> 16)); }
