// Activations as bytes: 48 bytes for 32 elements.
struct QuantizedBlock {
    uvec4 quants[2];        // 16 signed bytes each
    vec2 sums;              // of each 16, times the scale
    float scale;
    float unused;
};

layout(buffer_reference, std430, buffer_reference_align = 16) buffer QuantizedBlocks { QuantizedBlock at[]; };
