// output[t, o] = Σ input[t, i] · weight[o, i] for few rows t: each workgroup reads OUTPUTS rows of the weight once and multiplies
// them with up to ROWS rows of the input. A thread takes every WORKGROUP-th pair of runs; the sums of the threads are added as a
// tree. So a row's bits depend on the workgroup's size alone.

layout(local_size_x_id = 0) in;
layout(constant_id = 0) const uint WORKGROUP = 64;
layout(constant_id = 1) const uint WEIGHT_TYPE = 0;
layout(constant_id = 2) const uint ROWS = 1;
layout(constant_id = 3) const uint OUTPUTS = 2;
layout(constant_id = 4) const bool ALIGNED = false;      // input rows begin at multiples of 16 bytes
layout(constant_id = 5) const bool EXPERTS = false;      // row t is multiplied with expert ids[t]
layout(constant_id = 6) const bool ADDS = false;         // output += scale · product

#include "decode.glsl"
#ifdef INTEGERS
#include "quantized.glsl"
#endif

layout(push_constant, std430) uniform Parameters {
    uint64_t weight;
    uint64_t inputs;
    uint64_t outputs;
    uint64_t ids;
    uint64_t expertBytes;
    uint inputCount;
    uint outputCount;
    uint rowCount;
    uint rowBytes;
    uint inputStride;
    uint outputStride;
    uint rowsPerInput;      // with experts: this many neighbouring rows multiply the same row of the input
    float scale;
} p;

#include "add_up.glsl"

// What a workgroup multiplies, and a thread's sums.
uint64_t weightRow[OUTPUTS];
uint64_t inputRow[ROWS];
vec4 sum[SUMS];

#ifdef INTEGERS
uint64_t inputRowBytes() { return uint64_t((p.inputCount + 31u) / 32u) * 48ul; }

// Adds the products of run `run`.
void addRun(uint run) {
    [[unroll]] for (uint o = 0u; o < OUTPUTS; o++) {
        PackedRun w = packedRun(weightRow[o], run);
        [[unroll]] for (uint r = 0u; r < ROWS; r++) {
            QuantizedBlocks blocks = QuantizedBlocks(inputRow[r]);
            uvec4 x = blocks.at[run / 2u].quants[run % 2u];
            int products = 0;
            [[unroll]] for (uint i = 0u; i < 4u; i++) {
                products += dotPacked4x8EXT(int(w.quants[i]), int(x[i]));
            }

            uint i = o * ROWS + r;
            sum[i].x = fma(w.scale * blocks.at[run / 2u].scale, float(products), sum[i].x);
            sum[i].y = fma(-fma(w.scale, w.centre, w.minimum), blocks.at[run / 2u].sums[run % 2u], sum[i].y);
        }
    }
}
#else
uint64_t inputRowBytes() { return 4ul * uint64_t(p.inputStride); }

// Adds the products of run `run`.
void addRun(uint run) {
    vec4 w[OUTPUTS * 4u];
    [[unroll]] for (uint o = 0u; o < OUTPUTS; o++) {
        vec4 one[4];
        decodeRun(weightRow[o], run, p.inputCount, one);
        [[unroll]] for (uint i = 0u; i < 4u; i++) {
            w[4u * o + i] = one[i];
        }
    }

    uint element = 16u * run;
    bool isWhole = element + 16u <= p.inputCount;
    [[unroll]] for (uint r = 0u; r < ROWS; r++) {
        [[unroll]] for (uint i = 0u; i < 4u; i++) {
            uint first = element + 4u * i;
            uint64_t address = inputRow[r] + 4ul * first;
            vec4 x = isWhole ? loadReals(address, ALIGNED) : loadSomeReals(address, p.inputCount - min(p.inputCount, first));
            [[unroll]] for (uint o = 0u; o < OUTPUTS; o++) {
                sum[o * ROWS + r] = fma(w[4u * o + i], x, sum[o * ROWS + r]);
            }
        }
    }
}
#endif

void main() {
    uint thread = gl_LocalInvocationID.x;
    uint firstOutput = (gl_WorkGroupID.x + gl_WorkGroupID.z * gl_NumWorkGroups.x) * OUTPUTS;
    uint firstRow = gl_WorkGroupID.y * ROWS;
    if (firstOutput >= p.outputCount) {
        return;
    }

    uint64_t weight = p.weight;
    if (EXPERTS) {
        weight += uint64_t(load32(p.ids + 4ul * firstRow)) * p.expertBytes;
    }

    [[unroll]] for (uint o = 0u; o < OUTPUTS; o++) {
        weightRow[o] = weight + uint64_t(min(firstOutput + o, p.outputCount - 1u)) * p.rowBytes;
    }

    [[unroll]] for (uint i = 0u; i < SUMS; i++) {
        sum[i] = vec4(0.0);
    }

    [[unroll]] for (uint r = 0u; r < ROWS; r++) {
        uint row = min(firstRow + r, p.rowCount - 1u);
        inputRow[r] = p.inputs + uint64_t(EXPERTS ? row / p.rowsPerInput : row) * inputRowBytes();
    }

    uint pairs = (p.inputCount + 31u) / 32u;
    for (uint pair = thread; pair < pairs; pair += WORKGROUP) {
        uint run = runOfPair(pair);
        [[unroll]] for (uint second = 0u; second < 2u; second++) {
            addRun(run);
            run += PAIR_STEP;
        }
    }

    precise float parts[SUMS];
    [[unroll]] for (uint i = 0u; i < SUMS; i++) {
        parts[i] = (sum[i].x + sum[i].y) + (sum[i].z + sum[i].w);
    }

    addUp(parts);
    for (uint i = thread; i < SUMS; i += WORKGROUP) {
        uint o = firstOutput + i / ROWS;
        uint row = firstRow + i % ROWS;
        if (o < p.outputCount && row < p.rowCount) {
            Real target = Real(p.outputs + 4ul * (uint64_t(row) * p.outputStride + o));
            precise float product = sums[i * WORKGROUP];
            target.value = ADDS ? fma(product, p.scale, target.value) : product;
        }
    }
}
