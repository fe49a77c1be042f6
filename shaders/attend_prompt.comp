#version 460
#extension GL_GOOGLE_include_directive : require

// Attention of a prompt's queries: a workgroup takes a tile of queries of a group's heads and goes through the rows that they see in
// tiles, with a running softmax. Tiles of rows begin at multiples of their size, and a tile that a query does not see leaves its sums
// as they are: a query's bits depend neither on the queries beside it nor on where a prompt is cut.

layout(local_size_x = 128) in;
layout(constant_id = 1) const uint KEY_FORM = 0;
layout(constant_id = 2) const uint VALUE_FORM = 0;
layout(constant_id = 3) const uint VALUE_BLOCKS = 1;     // of 64 elements; 0 where only the statistics are asked for

#include "attend_tile.glsl"
#include "attend_prompt.glsl"

const uint SUMS = VALUE_BLOCKS == 0u ? 1u : 16u * VALUE_BLOCKS;

shared float maxima[TILE_QUERIES];
shared float totals[TILE_QUERIES];
shared float factors[TILE_QUERIES];

void main() {
    AttentionInput a = Input(p.input_).value;
    HeadGroup g = HeadGroups(p.groups).group[gl_WorkGroupID.y];
    uint thread = gl_LocalInvocationID.x;
    uint line = thread / 16u * 4u;
    uint column = thread % 16u;
    uint firstQuery = (p.firstTile + gl_WorkGroupID.x) * TILE_QUERIES;
    uint count = g.queryCount * a.heads;
    if (firstQuery >= count) {
        return;
    }

    if (thread < TILE_QUERIES) {
        uint index = min(firstQuery + thread, count - 1u);
        uint query = attendingQuery(g, index / a.heads, a.firstPosition);
        uint head = g.firstHead + index % a.heads;
        queryAddress[thread] = a.queries + 4ul * (uint64_t(query) * a.queryStride + head * a.keyCount);
        queryPosition[thread] = firstQuery + thread < count ? int(a.firstPosition + query) : -1;
        maxima[thread] = NEGATIVE_INFINITY;
        totals[thread] = 0.0;
    }

    barrier();
    uint lastOfTile = min(TILE_QUERIES, count - firstQuery) - 1u;
    int lowestEnd = lastVisible(uint(queryPosition[0]), a);
    int highestBegin = firstVisible(uint(queryPosition[lastOfTile]), a.window, a.chunk);
    uint begin = countUpTo(g, firstVisible(uint(queryPosition[0]), a.window, a.chunk) - 1);
    uint end = countUpTo(g, lastVisible(uint(queryPosition[lastOfTile]), a));
    bool isIdle = queryPosition[line] < 0;
    int low[4], high[4];
    [[unroll]] for (uint i = 0u; i < 4u; i++) {
        int position = queryPosition[line + i];
        low[i] = firstVisible(uint(max(position, 0)), a.window, a.chunk);
        high[i] = position < 0 ? -1 : lastVisible(uint(position), a);
    }

    float sums[SUMS];
    [[unroll]] for (uint i = 0u; i < 16u * VALUE_BLOCKS; i++) {
        sums[i] = 0.0;
    }

    for (uint first = begin / TILE_ROWS * TILE_ROWS; first < end; first += TILE_ROWS) {
        barrier();
        setRows(g, a, first, end);
        float scores[16];
        scoreTile(a, scores);
        bool isWhole = first + TILE_ROWS <= end && lastOfTile + 1u == TILE_QUERIES
            && positionOfRow[0] >= highestBegin && positionOfRow[TILE_ROWS - 1u] <= lowestEnd;
        [[unroll]] for (uint j = 0u; j < 4u; j++) {
            int position = positionOfRow[4u * column + j];
            vec4 visible;
            [[unroll]] for (uint i = 0u; i < 4u; i++) {
                bool isVisible = position >= 0 && position >= low[i] && position <= high[i];
                visible[i] = isVisible ? scores[4u * i + j] : NEGATIVE_INFINITY;
            }

            probabilities[probabilityAt(4u * column + j, line / 4u)] = visible;
        }

        // Four threads a query find its maximum and its sum. The slices' memory is free now.
        barrier();
        uint query = thread / 4u;
        uint start = thread % 4u * 16u;
        float largest = NEGATIVE_INFINITY;
        for (uint r = 0u; r < 16u; r++) {
            largest = max(largest, probabilities[probabilityAt(start + r, query / 4u)][query % 4u]);
        }

        slices[query][thread % 4u] = largest;
        barrier();
        float before = maxima[query];
        vec4 parts = slices[query];
        largest = max(max(before, max(parts.x, parts.y)), max(parts.z, parts.w));
        float total = 0.0;
        for (uint r = 0u; r < 16u; r++) {
            uint place = probabilityAt(start + r, query / 4u);
            float score = probabilities[place][query % 4u];
            float probability = isinf(score) ? 0.0 : exponential(score - largest);
            probabilities[place][query % 4u] = probability;
            total += probability;
        }

        slices[TILE_QUERIES + query][thread % 4u] = total;
        barrier();
        if (thread % 4u == 0u) {
            float factor = correction(before, largest);
            vec4 sum = slices[TILE_QUERIES + query];
            totals[query] = fma(totals[query], factor, (sum.x + sum.y) + (sum.z + sum.w));
            maxima[query] = largest;
            factors[query] = factor;
        }

        barrier();
        [[unroll]] for (uint i = 0u; i < 16u * VALUE_BLOCKS; i++) {
            sums[i] *= factors[line + i / 4u % 4u];
        }

        [[unroll]] for (uint block = 0u; block < VALUE_BLOCKS; block++) {
            for (uint firstRow = 0u; firstRow < TILE_ROWS; firstRow += SLICE) {
                barrier();
                for (uint i = thread; i < SLICE * 16u; i += 128u) {
                    uint row = firstRow + i / 16u;
                    uint quad = block * 16u + i % 16u;
                    vec4 elements = positionOfRow[row] >= 0 && 4u * quad < a.valueCount
                        ? rowElements(VALUE_FORM, rowAddress[row] + a.keyBytes, quad, a.valueCount)
                        : vec4(0.0);
                    slices[i] = elements;
                }

                barrier();
                for (uint k = isIdle ? SLICE : 0u; k < SLICE; k++) {
                    vec4 w = probabilities[probabilityAt(firstRow + k, line / 4u)];
                    vec4 v = slices[k * 16u + column];
                    [[unroll]] for (uint i = 0u; i < 4u; i++) {
                        // What a query does not see is not multiplied, because it may be no number.
                        if (isWhole || w[i] > 0.0) {
                            [[unroll]] for (uint j = 0u; j < 4u; j++) {
                                sums[16u * block + 4u * i + j] = fma(w[i], v[j], sums[16u * block + 4u * i + j]);
                            }
                        }
                    }
                }
            }
        }
    }

    barrier();
    [[unroll]] for (uint i = 0u; i < 4u; i++) {
        uint index = firstQuery + line + i;
        if (index < count) {
            uint head = g.firstHead + index % a.heads;
            uint query = uint(queryPosition[line + i]) - a.firstPosition;
            float largest = maxima[line + i];
            float share = shareOf(a, head, largest, totals[line + i]);
            [[unroll]] for (uint block = 0u; block < VALUE_BLOCKS; block++) {
                [[unroll]] for (uint j = 0u; j < 4u; j++) {
                    uint element = 64u * block + 4u * column + j;
                    if (element < a.valueCount) {
                        Real(p.outputs + 4ul * (uint64_t(query) * p.outputStride + head * a.valueCount + element)).value =
                            sums[16u * block + 4u * i + j] * share;
                    }
                }
            }

            if (p.statistics != 0ul && column == 0u) {
                uint64_t statistics = p.statistics + 8ul * (uint64_t(head) * a.tokens + query);
                Real(statistics).value = largest;
                Real(statistics + 4ul).value = share;
            }
        }
    }
}
