#version 460
#extension GL_GOOGLE_include_directive : require

// A decode step over one partition of its rows: scores, their softmax within the partition, and the weighted sum of the values.
// Partitions begin at multiples of PARTITION rows, whatever is visited, and attend_merge adds them in order: a step's bits depend on
// its rows alone. A workgroup takes HEADS query heads of a group, so that their rows are read once.

layout(local_size_x = 128) in;
layout(constant_id = 1) const uint KEY_FORM = 0;
layout(constant_id = 2) const uint VALUE_FORM = 0;
layout(constant_id = 3) const uint HEADS = 1;
layout(constant_id = 4) const uint KEY_CAPACITY = 16;    // quads of a query that there is room for

#include "attend.glsl"

layout(push_constant, std430) uniform Parameters {
    uint64_t groups;        // [groups, steps]
    uint64_t input_;        // an AttentionInput
    uint64_t partials;      // [steps, queryHeads, partitions]: sums, then the maximum, then the sum of probabilities
    uint64_t mass;          // [queryHeads, rows] scores; 0 for none
    uint massStride;
    uint partitions;
} p;

layout(buffer_reference, std430, buffer_reference_align = 16) buffer Input { AttentionInput value; };

const uint WORKGROUP = 128u;
const uint PARTITION = 128u;
const uint LANES = 8u;                          // threads that share a row's score
const uint TILE = WORKGROUP / LANES;

shared vec4 queries[HEADS * KEY_CAPACITY];
shared float scores[HEADS * PARTITION];         // later probabilities, and then sums of values
shared float parts[HEADS * WORKGROUP];

float sumOfParts(uint head) {
    precise float sum = 0.0;
    for (uint i = 0u; i < 8u; i++) {
        sum += parts[head * WORKGROUP + i];
    }

    return sum;
}

void main() {
    AttentionInput a = Input(p.input_).value;
    uint thread = gl_LocalInvocationID.x;
    uint slices = (a.heads + HEADS - 1u) / HEADS;
    uint groupIndex = gl_WorkGroupID.y / slices;
    uint firstOfSlice = gl_WorkGroupID.y % slices * HEADS;
    uint query = gl_WorkGroupID.z;
    HeadGroup g = HeadGroups(p.groups).group[groupIndex * a.tokens + query];
    uint part = g.begin / PARTITION + gl_WorkGroupID.x;
    uint begin = max(g.begin, part * PARTITION);
    uint end = min(g.end, (part + 1u) * PARTITION);
    if (begin >= end) {
        return;
    }

    uint keyQuads = (a.keyCount + 3u) / 4u;             // of four elements, the last perhaps with fewer
    uint valueQuads = (a.valueCount + 3u) / 4u;
    for (uint i = thread; i < HEADS * keyQuads; i += WORKGROUP) {
        uint head = g.firstHead + min(firstOfSlice + i / keyQuads, a.heads - 1u);
        uint element = 4u * (i % keyQuads);
        queries[i / keyQuads * KEY_CAPACITY + i % keyQuads] = a.scale * loadSomeReals(
            a.queries + 4ul * (uint64_t(query) * a.queryStride + head * a.keyCount + element), a.keyCount - min(a.keyCount, element));
    }

    barrier();
    uint lane = thread % LANES;
    for (uint first = begin; first < end; first += TILE) {
        uint index = first + thread / LANES;
        precise vec4 sum[HEADS];
        [[unroll]] for (uint h = 0u; h < HEADS; h++) {
            sum[h] = vec4(0.0);
        }

        if (index < end) {
            uint64_t key = keyAddress(g.pages, visitedRow(g, index), g.headOffset, a.tokenBytes);
            for (uint quad = lane; quad < keyQuads; quad += LANES) {
                vec4 k = rowElements(KEY_FORM, key, quad, a.keyCount);
                [[unroll]] for (uint h = 0u; h < HEADS; h++) {
                    sum[h] = fma(k, queries[h * KEY_CAPACITY + quad], sum[h]);
                }
            }
        }

        [[unroll]] for (uint h = 0u; h < HEADS; h++) {
            parts[h * WORKGROUP + thread] = (sum[h].x + sum[h].y) + (sum[h].z + sum[h].w);
        }

        barrier();
        for (uint i = thread; i < HEADS * TILE; i += WORKGROUP) {
            uint row = i % TILE;
            if (first + row < end) {
                precise float product = 0.0;
                for (uint l = 0u; l < LANES; l++) {
                    product += parts[i / TILE * WORKGROUP + row * LANES + l];
                }

                scores[i / TILE * PARTITION + first + row - begin] = capped(product, a.softCap);
            }
        }

        barrier();
    }

    uint count = end - begin;
    if (p.mass != 0ul) {
        for (uint i = thread; i < HEADS * count; i += WORKGROUP) {
            uint head = firstOfSlice + i / count;
            if (head < a.heads) {
                uint row = visitedRow(g, begin + i % count);
                Real(p.mass + 4ul * (uint64_t(g.firstHead + head) * p.massStride + row)).value = scores[i / count * PARTITION + i % count];
            }
        }
    }

    // Eight threads a head find its maximum, and later its sum, of every eighth score each.
    for (uint i = thread; i < HEADS * 8u; i += WORKGROUP) {
        float largest = NEGATIVE_INFINITY;
        for (uint j = i % 8u; j < count; j += 8u) {
            largest = max(largest, scores[i / 8u * PARTITION + j]);
        }

        parts[i / 8u * WORKGROUP + i % 8u] = largest;
    }

    barrier();
    float maxima[HEADS];
    [[unroll]] for (uint h = 0u; h < HEADS; h++) {
        maxima[h] = NEGATIVE_INFINITY;
        for (uint i = 0u; i < 8u; i++) {
            maxima[h] = max(maxima[h], parts[h * WORKGROUP + i]);
        }
    }

    barrier();
    [[unroll]] for (uint h = 0u; h < HEADS; h++) {
        for (uint j = thread; j < count; j += WORKGROUP) {
            scores[h * PARTITION + j] = exponential(scores[h * PARTITION + j] - maxima[h]);
        }
    }

    barrier();
    for (uint i = thread; i < HEADS * 8u; i += WORKGROUP) {
        precise float sum = 0.0;
        for (uint j = i % 8u; j < count; j += 8u) {
            sum += scores[i / 8u * PARTITION + j];
        }

        parts[i / 8u * WORKGROUP + i % 8u] = sum;
    }

    barrier();
    const uint floats = a.valueCount + 2u;
    if (thread < HEADS && firstOfSlice + thread < a.heads) {
        uint head = g.firstHead + firstOfSlice + thread;
        uint64_t partial = p.partials + 4ul * (((uint64_t(query) * a.queryHeads + head) * p.partitions + gl_WorkGroupID.x) * floats + a.valueCount);
        [[unroll]] for (uint h = 0u; h < HEADS; h++) {
            if (h == thread) {
                Real(partial).value = maxima[h];
            }
        }

        Real(partial + 4ul).value = sumOfParts(thread);
    }

    // Values: each thread sums one quad of columns over every SETS-th row; the sets are added in order.
    const uint width = min(valueQuads, WORKGROUP);
    const uint sets = WORKGROUP / width;
    for (uint firstQuad = 0u; firstQuad < valueQuads; firstQuad += width) {
        uint quad = firstQuad + thread % width;
        uint set = thread / width;
        precise vec4 sum[HEADS];
        [[unroll]] for (uint h = 0u; h < HEADS; h++) {
            sum[h] = vec4(0.0);
        }

        if (set < sets && quad < valueQuads) {
            for (uint j = set; j < count; j += sets) {
                uint64_t value = keyAddress(g.pages, visitedRow(g, begin + j), g.headOffset, a.tokenBytes) + a.keyBytes;
                vec4 v = rowElements(VALUE_FORM, value, quad, a.valueCount);
                [[unroll]] for (uint h = 0u; h < HEADS; h++) {
                    sum[h] = fma(vec4(scores[h * PARTITION + j]), v, sum[h]);
                }
            }
        }

        [[unroll]] for (uint component = 0u; component < 4u; component++) {
            barrier();
            [[unroll]] for (uint h = 0u; h < HEADS; h++) {
                parts[h * WORKGROUP + thread] = sum[h][component];
            }

            barrier();
            for (uint i = thread; i < HEADS * width; i += WORKGROUP) {
                uint column = 4u * (firstQuad + i % width) + component;
                uint head = firstOfSlice + i / width;
                if (column < a.valueCount && head < a.heads) {
                    precise float total = 0.0;
                    for (uint s = 0u; s < sets; s++) {
                        total += parts[i / width * WORKGROUP + s * width + i % width];
                    }

                    uint64_t partial = ((uint64_t(query) * a.queryHeads + g.firstHead + head) * p.partitions + gl_WorkGroupID.x) * floats;
                    Real(p.partials + 4ul * (partial + column)).value = total;
                }
            }
        }

        barrier();
    }
}
