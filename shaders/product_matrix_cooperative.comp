#version 460
#extension GL_GOOGLE_include_directive : require

// output[t, o] = Σ input[t, i] · weight[o, i] for many rows t, as product_matrix.comp, with fragments that four subgroups multiply: each
// OUTPUT_FRAGMENTS · 16 outputs by ROW_FRAGMENTS · 16 rows. Weights and activations are rounded to f16, sums are in f32. Each sum goes
// through i in the same order whatever the tile: a row's bits depend on no other row.

layout(local_size_x_id = 0) in;                          // four subgroups
layout(constant_id = 0) const uint THREADS = 128;
layout(constant_id = 1) const uint WEIGHT_TYPE = 0;
layout(constant_id = 2) const uint OUTPUT_FRAGMENTS = 4;
layout(constant_id = 3) const uint ROW_FRAGMENTS = 4;
layout(constant_id = 4) const bool ALIGNED = false;      // input rows begin at multiples of 16 bytes
layout(constant_id = 5) const bool EXPERTS = false;      // the rows of expert z are those that its list names
layout(constant_id = 6) const bool ADDS = false;         // output += scale · product

#include "decode.glsl"
#include "fragments.glsl"
#include "product.glsl"

const uint TILE_OUTPUTS = 2u * EDGE * OUTPUT_FRAGMENTS;
const uint TILE_ROWS = 2u * EDGE * ROW_FRAGMENTS;
const uint DEPTH = 32u;                                  // two runs

// In eights of f16; one more a line than needed keeps lines off each other's banks.
const uint STRIDE = DEPTH / 8u + 1u;
const uint WEIGHT_RUNS = (2u * TILE_OUTPUTS + THREADS - 1u) / THREADS;
const uint WEIGHT_EIGHTS = 2u * WEIGHT_RUNS;
const uint INPUT_EIGHTS = (4u * TILE_ROWS + THREADS - 1u) / THREADS;

shared uvec4 weights[TILE_OUTPUTS * STRIDE];
shared uvec4 activations[TILE_ROWS * STRIDE];
shared float results[4u * EDGE * EDGE];

// What this thread brings of step `step`: runs of weights and eights of the input.
void load(uint64_t weight, uint firstOutput, uint step, uint firstRow, uint64_t list, uint rowCount, out uvec4 w[WEIGHT_EIGHTS], out uvec4 x[INPUT_EIGHTS]) {
    uint thread = gl_LocalInvocationID.x;
    uint first = runOfPair(step);
    [[unroll]] for (uint i = 0u; i < WEIGHT_RUNS; i++) {
        uint index = thread + THREADS * i;
        uint64_t row = weight + uint64_t(min(firstOutput + index / 2u, p.outputCount - 1u)) * p.rowBytes;
        vec4 run[4];
        decodeRun(row, first + index % 2u * PAIR_STEP, p.inputCount, run);
        w[2u * i] = packHalves(run[0], run[1]);
        w[2u * i + 1u] = packHalves(run[2], run[3]);
    }

    [[unroll]] for (uint i = 0u; i < INPUT_EIGHTS; i++) {
        uint index = thread + THREADS * i;
        uint element = 16u * (first + index / 2u % 2u * PAIR_STEP) + index % 2u * 8u;
        uint row = rowOf(firstRow + index / 4u, list, rowCount);
        uint64_t address = p.inputs + 4ul * (uint64_t(EXPERTS ? row / p.rowsPerInput : row) * p.inputStride + element);
        uint count = p.inputCount - min(p.inputCount, element);
        x[i] = count >= 8u
            ? packHalves(loadReals(address, ALIGNED), loadReals(address + 16ul, ALIGNED))
            : packHalves(loadSomeReals(address, count), loadSomeReals(address + 16ul, count - min(count, 4u)));
    }
}

void store(uvec4 w[WEIGHT_EIGHTS], uvec4 x[INPUT_EIGHTS]) {
    uint thread = gl_LocalInvocationID.x;
    [[unroll]] for (uint i = 0u; i < WEIGHT_RUNS; i++) {
        uint index = thread + THREADS * i;
        if (index < 2u * TILE_OUTPUTS) {
            weights[index / 2u * STRIDE + index % 2u * 2u] = w[2u * i];
            weights[index / 2u * STRIDE + index % 2u * 2u + 1u] = w[2u * i + 1u];
        }
    }

    [[unroll]] for (uint i = 0u; i < INPUT_EIGHTS; i++) {
        uint index = thread + THREADS * i;
        if (index < 4u * TILE_ROWS) {
            activations[index / 4u * STRIDE + index % 4u] = x[i];
        }
    }
}

void main() {
    uint firstOutput = gl_WorkGroupID.x * TILE_OUTPUTS;
    uint firstRow = gl_WorkGroupID.y * TILE_ROWS;
    uint64_t weight = p.weight;
    uint64_t list = p.lists;
    uint rowCount = p.rowCount;
    if (EXPERTS) {
        uint expert = gl_WorkGroupID.z;
        weight += uint64_t(expert) * p.expertBytes;
        list += 4ul * (uint64_t(expert) * p.listCapacity);
        rowCount = load32(p.lists + 4ul * (uint64_t(p.expertCount) * p.listCapacity + expert));
        if (firstRow >= rowCount) {
            return;
        }
    }

    uint outputPart = gl_SubgroupID % 2u * OUTPUT_FRAGMENTS * EDGE;
    uint rowPart = gl_SubgroupID / 2u * ROW_FRAGMENTS * EDGE;
    SumFragment sums[OUTPUT_FRAGMENTS * ROW_FRAGMENTS];
    [[unroll]] for (uint i = 0u; i < OUTPUT_FRAGMENTS * ROW_FRAGMENTS; i++) {
        sums[i] = SumFragment(0.0);
    }

    uint steps = (p.inputCount + DEPTH - 1u) / DEPTH;
    uvec4 w[WEIGHT_EIGHTS], x[INPUT_EIGHTS];
    load(weight, firstOutput, 0u, firstRow, list, rowCount, w, x);
    for (uint step = 0u; step < steps; step++) {
        store(w, x);
        barrier();

        // The next step arrives while this one is multiplied.
        if (step + 1u < steps) {
            load(weight, firstOutput, step + 1u, firstRow, list, rowCount, w, x);
        }

        [[unroll]] for (uint k = 0u; k < DEPTH / EDGE; k++) {
            LeftFragment left[OUTPUT_FRAGMENTS];
            [[unroll]] for (uint i = 0u; i < OUTPUT_FRAGMENTS; i++) {
                coopMatLoad(left[i], weights, (outputPart + EDGE * i) * STRIDE + 2u * k, STRIDE, gl_CooperativeMatrixLayoutRowMajor);
            }

            [[unroll]] for (uint r = 0u; r < ROW_FRAGMENTS; r++) {
                RightFragment right;
                coopMatLoad(right, activations, (rowPart + EDGE * r) * STRIDE + 2u * k, STRIDE, gl_CooperativeMatrixLayoutColumnMajor);
                [[unroll]] for (uint i = 0u; i < OUTPUT_FRAGMENTS; i++) {
                    sums[OUTPUT_FRAGMENTS * r + i] = coopMatMulAdd(left[i], right, sums[OUTPUT_FRAGMENTS * r + i]);
                }
            }
        }

        barrier();
    }

    uint place = gl_SubgroupID * EDGE * EDGE;
    [[unroll]] for (uint i = 0u; i < OUTPUT_FRAGMENTS * ROW_FRAGMENTS; i++) {
        coopMatStore(sums[i], results, place, EDGE, gl_CooperativeMatrixLayoutColumnMajor);
        subgroupExchange();
        uint firstOfPart = firstOutput + outputPart + i % OUTPUT_FRAGMENTS * EDGE;
        for (uint element = gl_SubgroupInvocationID; element < EDGE * EDGE; element += gl_SubgroupSize) {
            uint index = firstRow + rowPart + i / OUTPUT_FRAGMENTS * EDGE + element / EDGE;
            uint o = firstOfPart + element % EDGE;
            if (index < rowCount && o < p.outputCount) {
                Real target = Real(p.outputs + 4ul * (uint64_t(rowOf(index, list, rowCount)) * p.outputStride + o));
                float sum = results[place + element];
                target.value = ADDS ? fma(sum, p.scale, target.value) : sum;
            }
        }

        subgroupExchange();
    }
}
