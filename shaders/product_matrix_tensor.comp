#version 460
#extension GL_EXT_buffer_reference : require
#extension GL_EXT_shader_explicit_arithmetic_types_int64 : require
#extension GL_EXT_shader_explicit_arithmetic_types_float16 : require
#extension GL_EXT_shader_16bit_storage : require
#extension GL_KHR_cooperative_matrix : require
#extension GL_KHR_memory_scope_semantics : require
#extension GL_NV_cooperative_matrix2 : require

// output[t, o] = Σ input[t, i] · weight[o, i] for many rows t, from weights and activations that halves.comp has rounded to f16, in matrices
// that a whole workgroup holds (VK_NV_cooperative_matrix2): the driver brings them from memory. Sums are in f32 and have the bits
// of product_matrix_cooperative.comp.

layout(local_size_x_id = 0) in;
layout(constant_id = 0) const uint THREADS = 256;
layout(constant_id = 1) const uint TILE_OUTPUTS = 128;
layout(constant_id = 2) const uint TILE_ROWS = 128;
layout(constant_id = 3) const uint DEPTH = 32;
layout(constant_id = 4) const bool ADDS = false;         // output += scale · product

layout(buffer_reference, std430, buffer_reference_align = 16) buffer Halves { float16_t at[]; };
layout(buffer_reference, std430, buffer_reference_align = 4) buffer Floats { float at[]; };

layout(push_constant, std430) uniform Parameters {
    uint64_t weight;        // [outputs, weightStride]
    uint64_t inputs;        // [rows, weightStride]
    uint64_t outputs;       // [rows, outputStride]
    uint inputCount;
    uint outputCount;
    uint rowCount;
    uint weightStride;
    uint outputStride;
    float scale;
} p;

uint firstOutput;
uint firstRow;

float add(const in uint o, const in uint t, const in float sum) {
    if (firstOutput + o >= p.outputCount || firstRow + t >= p.rowCount) {
        return sum;
    }

    return fma(sum, p.scale, Floats(p.outputs).at[(firstRow + t) * p.outputStride + firstOutput + o]);
}

void main() {
    firstOutput = gl_WorkGroupID.x * TILE_OUTPUTS;
    firstRow = gl_WorkGroupID.y * TILE_ROWS;
    tensorLayoutNV<2, gl_CooperativeMatrixClampModeConstantNV> weights = createTensorLayoutNV(2, gl_CooperativeMatrixClampModeConstantNV);
    tensorLayoutNV<2, gl_CooperativeMatrixClampModeConstantNV> activations = createTensorLayoutNV(2, gl_CooperativeMatrixClampModeConstantNV);
    tensorLayoutNV<2, gl_CooperativeMatrixClampModeConstantNV> results = createTensorLayoutNV(2, gl_CooperativeMatrixClampModeConstantNV);
    tensorViewNV<2, false, 1, 0> transposed = createTensorViewNV(2, false, 1, 0);
    weights = setTensorLayoutDimensionNV(weights, p.outputCount, p.inputCount);
    weights = setTensorLayoutStrideNV(weights, p.weightStride, 1u);
    activations = setTensorLayoutDimensionNV(activations, p.rowCount, p.inputCount);
    activations = setTensorLayoutStrideNV(activations, p.weightStride, 1u);
    results = setTensorLayoutDimensionNV(results, p.rowCount, p.outputCount);
    results = setTensorLayoutStrideNV(results, p.outputStride, 1u);

    coopmat<float, gl_ScopeWorkgroup, TILE_OUTPUTS, TILE_ROWS, gl_MatrixUseAccumulator> sums =
        coopmat<float, gl_ScopeWorkgroup, TILE_OUTPUTS, TILE_ROWS, gl_MatrixUseAccumulator>(0.0);
    for (uint i = 0u; i < p.inputCount; i += DEPTH) {
        coopmat<float16_t, gl_ScopeWorkgroup, TILE_OUTPUTS, DEPTH, gl_MatrixUseA> left;
        coopmat<float16_t, gl_ScopeWorkgroup, DEPTH, TILE_ROWS, gl_MatrixUseB> right;
        coopMatLoadTensorNV(left, Halves(p.weight).at, 0, sliceTensorLayoutNV(weights, firstOutput, TILE_OUTPUTS, i, DEPTH));
        coopMatLoadTensorNV(right, Halves(p.inputs).at, 0, sliceTensorLayoutNV(activations, firstRow, TILE_ROWS, i, DEPTH), transposed);
        sums = coopMatMulAdd(left, right, sums);
    }

    if (ADDS) {
        coopMatPerElementNV(sums, sums, add);
    }

    coopMatStoreTensorNV(sums, Floats(p.outputs).at, 0, sliceTensorLayoutNV(results, firstRow, TILE_ROWS, firstOutput, TILE_OUTPUTS), transposed);
}
