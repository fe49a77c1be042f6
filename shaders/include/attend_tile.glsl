// Scores of a tile: TILE_QUERIES queries of some heads with TILE_ROWS rows, by 128 threads that each make four by four of them. Each
// score is a sum over the elements in a fixed order, so that it depends on its own query and row alone.
#include "attend.glsl"

const uint TILE_QUERIES = 32u;
const uint TILE_ROWS = 64u;
const uint SLICE = 16u;                         // elements that are in shared memory at a time
const uint QUERY_STRIDE = TILE_QUERIES + 1u;
const uint ROW_STRIDE = TILE_ROWS + 1u;

shared uint64_t queryAddress[TILE_QUERIES];
shared int queryPosition[TILE_QUERIES];         // -1 where there is none
shared uint64_t rowAddress[TILE_ROWS];
shared int positionOfRow[TILE_ROWS];            // -1 where there is none
shared float slices[SLICE * (QUERY_STRIDE + ROW_STRIDE)];
shared float probabilities[TILE_QUERIES * ROW_STRIDE];

// Sets the tile's rows: those from `first` on that stand before `end`.
void setRows(HeadGroup g, AttentionInput a, uint first, uint end) {
    uint thread = gl_LocalInvocationID.x;
    if (thread < TILE_ROWS) {
        bool exists = first + thread < end;
        uint row = exists ? visitedRow(g, first + thread) : 0u;
        rowAddress[thread] = exists ? keyAddress(g.pages, row, g.headOffset, a.tokenBytes) : 0ul;
        positionOfRow[thread] = exists ? int(rowPosition(g, row)) : -1;
    }
}

// The scores of four queries with four rows: query 4 · (thread / 16) + i, row thread % 16 + 16 · j, at 4 · i + j. Begins with a barrier.
void scoreTile(AttentionInput a, out float scores[16]) {
    uint thread = gl_LocalInvocationID.x;
    uint line = thread / 16u * 4u;
    uint column = thread % 16u;
    [[unroll]] for (uint i = 0u; i < 16u; i++) {
        scores[i] = 0.0;
    }

    // Queries that there are not come last.
    barrier();
    bool isIdle = queryPosition[line] < 0;
    uint quads = (a.keyCount + 3u) / 4u;
    for (uint firstQuad = 0u; firstQuad < quads; firstQuad += 4u) {
        barrier();
        uint part = thread % 4u;
        uint quad = firstQuad + part;
        uint query = thread / 4u;
        vec4 elements = queryPosition[query] >= 0
            ? loadSomeReals(queryAddress[query] + 16ul * quad, a.keyCount - min(a.keyCount, 4u * quad))
            : vec4(0.0);
        [[unroll]] for (uint c = 0u; c < 4u; c++) {
            slices[(4u * part + c) * QUERY_STRIDE + query] = elements[c] * a.scale;
        }

        for (uint row = thread / 4u; row < TILE_ROWS; row += 32u) {
            elements = positionOfRow[row] >= 0 && quad < quads ? rowElements(KEY_FORM, rowAddress[row], quad, a.keyCount) : vec4(0.0);
            [[unroll]] for (uint c = 0u; c < 4u; c++) {
                slices[SLICE * QUERY_STRIDE + (4u * part + c) * ROW_STRIDE + row] = elements[c];
            }
        }

        barrier();
        // Fours of elements are summed apart, and slices of them: shorter sums round less.
        float products[16];
        [[unroll]] for (uint i = 0u; i < 16u; i++) {
            products[i] = 0.0;
        }

        for (uint first = isIdle ? SLICE : 0u; first < SLICE; first += 4u) {
            float four[16];
            [[unroll]] for (uint k = 0u; k < 4u; k++) {
                float q[4], r[4];
                [[unroll]] for (uint i = 0u; i < 4u; i++) {
                    q[i] = slices[(first + k) * QUERY_STRIDE + line + i];
                    r[i] = slices[SLICE * QUERY_STRIDE + (first + k) * ROW_STRIDE + column + 16u * i];
                }

                [[unroll]] for (uint i = 0u; i < 16u; i++) {
                    four[i] = k == 0u ? q[i / 4u] * r[i % 4u] : fma(q[i / 4u], r[i % 4u], four[i]);
                }
            }

            [[unroll]] for (uint i = 0u; i < 16u; i++) {
                products[i] += four[i];
            }
        }

        [[unroll]] for (uint i = 0u; i < 16u; i++) {
            scores[i] += products[i];
        }
    }

    [[unroll]] for (uint i = 0u; i < 16u; i++) {
        scores[i] = capped(scores[i], a.softCap);
    }
}
