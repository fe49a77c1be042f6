#version 460
#extension GL_GOOGLE_include_directive : require

// output[t, o] = Σ input[t, i] · weight[o, i] for many rows t: a workgroup of 64 threads makes a tile of 64 outputs and
// 8 · THREAD_ROWS rows, each thread 8 outputs of THREAD_ROWS rows. Each sum goes through i in order, whatever the tile: a row's
// bits depend on no other row.

layout(local_size_x = 64) in;
layout(constant_id = 1) const uint WEIGHT_TYPE = 0;
layout(constant_id = 2) const uint THREAD_ROWS = 8;         // 2, 4 or 8
layout(constant_id = 4) const bool ALIGNED = false;      // input rows begin at multiples of 16 bytes
layout(constant_id = 5) const bool EXPERTS = false;      // the rows of expert z are those that its list names
layout(constant_id = 6) const bool ADDS = false;         // output += scale · product

#include "decode.glsl"
#include "product.glsl"

const uint TILE_OUTPUTS = 64u;
const uint TILE_ROWS = 8u * THREAD_ROWS;
const uint DEPTH = 16u;

// In fours, so that a thread reads its operands in few wide loads; one four more a line than needed keeps stores off each other's banks.
const uint WEIGHT_STRIDE = TILE_OUTPUTS / 4u + 1u;
const uint INPUT_STRIDE = TILE_ROWS / 4u + 1u;

shared vec4 weights[DEPTH * WEIGHT_STRIDE];
shared vec4 activations[DEPTH * INPUT_STRIDE];

// A run of the weight's row and of the input's rows that this thread brings to the tile.
void loadRun(uint64_t weightRow, uint run, uint firstRow, uint64_t list, uint rowCount, out vec4 w[4], out vec4 x[4]) {
    decodeRun(weightRow, run, p.inputCount, w);
    [[unroll]] for (uint i = 0u; i < 4u; i++) {
        uint quad = gl_LocalInvocationID.x + 64u * i;
        x[i] = vec4(0.0);
        if (i < THREAD_ROWS / 2u) {
            uint element = run * DEPTH + 4u * (quad % 4u);
            uint row = rowOf(firstRow + quad / 4u, list, rowCount);
            uint64_t address = p.inputs + 4ul * (uint64_t(EXPERTS ? row / p.rowsPerInput : row) * p.inputStride + element);
            x[i] = element + 4u <= p.inputCount
                ? loadReals(address, ALIGNED)
                : loadSomeReals(address, p.inputCount - min(p.inputCount, element));
        }
    }
}

// Puts what this thread brought into the tile.
void storeRun(vec4 w[4], vec4 x[4]) {
    uint thread = gl_LocalInvocationID.x;
    [[unroll]] for (uint i = 0u; i < 4u; i++) {
        uint quad = thread + 64u * i;
        [[unroll]] for (uint j = 0u; j < 4u; j++) {
            weights[(4u * i + j) * WEIGHT_STRIDE + thread / 4u][thread % 4u] = w[i][j];
            if (i < THREAD_ROWS / 2u) {
                activations[(4u * (quad % 4u) + j) * INPUT_STRIDE + quad / 16u][quad / 4u % 4u] = x[i][j];
            }
        }
    }
}

void main() {
    uint thread = gl_LocalInvocationID.x;
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

    uint64_t weightRow = weight + uint64_t(min(firstOutput + thread, p.outputCount - 1u)) * p.rowBytes;
    uint column = thread % 8u;
    uint line = thread / 8u;
    precise float sum[8u * THREAD_ROWS];
    [[unroll]] for (uint i = 0u; i < 8u * THREAD_ROWS; i++) {
        sum[i] = 0.0;
    }

    uint runs = (p.inputCount + DEPTH - 1u) / DEPTH;
    vec4 w[4], x[4];
    for (uint run = 0u; run <= runs; run++) {
        // The next run arrives while the one before it is multiplied.
        if (run > 0u) {
            storeRun(w, x);
            barrier();
        }

        if (run < runs) {
            loadRun(weightRow, run, firstRow, list, rowCount, w, x);
        }

        for (uint k = run > 0u ? 0u : DEPTH; k < DEPTH; k++) {
            vec4 a[2], b[2];
            a[0] = weights[k * WEIGHT_STRIDE + column];
            a[1] = weights[k * WEIGHT_STRIDE + 8u + column];
            if (THREAD_ROWS == 8u) {
                b[0] = activations[k * INPUT_STRIDE + 2u * line];
                b[1] = activations[k * INPUT_STRIDE + 2u * line + 1u];
            } else if (THREAD_ROWS == 4u) {
                b[0] = activations[k * INPUT_STRIDE + line];
            } else {
                b[0] = activations[k * INPUT_STRIDE + line / 2u];
                b[0] = line % 2u == 0u ? b[0] : b[0].zwxy;
            }

            [[unroll]] for (uint r = 0u; r < THREAD_ROWS; r++) {
                [[unroll]] for (uint i = 0u; i < 8u; i++) {
                    sum[8u * r + i] = fma(a[i / 4u][i % 4u], b[r / 4u][r % 4u], sum[8u * r + i]);
                }
            }
        }

        barrier();
    }

    [[unroll]] for (uint r = 0u; r < THREAD_ROWS; r++) {
        uint index = firstRow + line * THREAD_ROWS + r;
        if (index < rowCount) {
            uint row = rowOf(index, list, rowCount);
            [[unroll]] for (uint i = 0u; i < 8u; i++) {
                uint o = firstOutput + 32u * (i / 4u) + 4u * column + i % 4u;
                if (o < p.outputCount) {
                    Real target = Real(p.outputs + 4ul * (uint64_t(row) * p.outputStride + o));
                    target.value = ADDS ? fma(sum[8u * r + i], p.scale, target.value) : sum[8u * r + i];
                }
            }
        }
    }
}
