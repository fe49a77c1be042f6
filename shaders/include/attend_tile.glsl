// Scores of a tile: TILE_QUERIES queries of some heads with TILE_ROWS rows, by 128 threads that each make four by four of them. Each
// score is a sum over the elements in a fixed order, so that it depends on its own query and row alone.
#include "attend.glsl"

const uint TILE_QUERIES = 32u;
const uint TILE_ROWS = 64u;
const uint SLICE = 16u;                         // elements that are in shared memory at a time

// Shared memory is in fours, so that a thread reads its operands in few wide loads.
const uint QUERY_FOURS = TILE_QUERIES / 4u;
const uint ROW_FOURS = TILE_ROWS / 4u;

shared uint64_t queryAddress[TILE_QUERIES];
shared int queryPosition[TILE_QUERIES];         // -1 where there is none
shared uint64_t rowAddress[TILE_ROWS];
shared int positionOfRow[TILE_ROWS];            // -1 where there is none
shared vec4 slices[SLICE * (QUERY_FOURS + ROW_FOURS)];
shared vec4 probabilities[TILE_ROWS * QUERY_FOURS];     // of four queries each: see probabilityAt

// Where the probabilities of four queries for a row are. Rows are turned against each other, which keeps threads off each other's banks.
uint probabilityAt(uint row, uint four) {
    return row * QUERY_FOURS + (four ^ (row / 4u % QUERY_FOURS));
}

// Where four queries' elements k are, or four rows': turned likewise.
uint queriesAt(uint k, uint four) {
    return k * QUERY_FOURS + (four ^ (k / 4u * 2u));
}

uint rowsAt(uint k, uint four) {
    return SLICE * QUERY_FOURS + k * ROW_FOURS + (four ^ (k / 4u * 2u));
}

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

// The scores of four queries with four rows: query 4 · (thread / 16) + i, row 4 · (thread % 16) + j, at 4 · i + j. Begins with a barrier.
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
            slices[queriesAt(4u * part + c, query / 4u)][query % 4u] = elements[c] * a.scale;
        }

        for (uint row = thread / 4u; row < TILE_ROWS; row += 32u) {
            elements = positionOfRow[row] >= 0 && quad < quads ? rowElements(KEY_FORM, rowAddress[row], quad, a.keyCount) : vec4(0.0);
            [[unroll]] for (uint c = 0u; c < 4u; c++) {
                slices[rowsAt(4u * part + c, row / 4u)][row % 4u] = elements[c];
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
                vec4 q = slices[queriesAt(first + k, line / 4u)];
                vec4 r = slices[rowsAt(first + k, column)];
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
