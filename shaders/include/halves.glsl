// Eight elements in f16; those beyond its range become its largest.
uvec4 packHalves(vec4 first, vec4 second) {
    first = clamp(first, -65504.0, 65504.0);
    second = clamp(second, -65504.0, 65504.0);
    return uvec4(packHalf2x16(first.xy), packHalf2x16(first.zw), packHalf2x16(second.xy), packHalf2x16(second.zw));
}
