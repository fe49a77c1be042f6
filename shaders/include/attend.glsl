// What steps and prompts of attention share: which rows a group of heads visits, what a query sees, scores.
#include "decode_rows.glsl"
#include "math.glsl"

// Query heads that visit the same rows of one KV head together.
struct HeadGroup {
    uint64_t pages;         // addresses of the pages
    uint64_t rows;          // the rows to visit, ascending; 0 for every row from 0 on
    uint64_t positions;     // the position of each row of the pages; 0 where row r stands at position r
    uint64_t selected;      // the positions of the queries that attend, ascending; 0 for all queries
    uint rowCount;          // rows to visit
    uint queryCount;        // queries that attend
    uint headOffset;        // where the KV head begins inside a page, in bytes
    uint firstHead;         // its first query head
    uint begin;             // what a step visits: numbers [begin, end) of the rows
    uint end;
    uint unused0, unused1;
};

layout(buffer_reference, std430, buffer_reference_align = 16) buffer HeadGroups { HeadGroup group[]; };

// What every kernel of attention is told.
struct AttentionInput {
    uint64_t queries;
    uint64_t sinks;         // 0 for none
    uint queryStride;
    uint tokens;
    uint firstPosition;
    uint queryHeads;
    uint heads;             // of a group
    uint keyCount;
    uint valueCount;
    uint keyBytes;
    uint tokenBytes;
    uint window;
    uint chunk;
    uint isCausal;
    float scale;
    float softCap;
};

// Row `index` of those that are visited.
uint visitedRow(HeadGroup g, uint index) { return g.rows == 0ul ? index : load32(g.rows + 4ul * index); }

uint rowPosition(HeadGroup g, uint row) { return g.positions == 0ul ? row : load32(g.positions + 4ul * row); }

// How many of the visited rows do not stand above a position.
uint countUpTo(HeadGroup g, int position) {
    if (g.rows == 0ul && g.positions == 0ul) {
        return uint(clamp(position + 1, 0, int(g.rowCount)));
    }

    uint low = 0u, high = g.rowCount;
    while (low < high) {
        uint middle = (low + high) / 2u;
        if (int(rowPosition(g, visitedRow(g, middle))) <= position) {
            low = middle + 1u;
        } else {
            high = middle;
        }
    }

    return low;
}

// Query `index` of those that attend, as a row of the queries.
uint attendingQuery(HeadGroup g, uint index, uint firstPosition) {
    return g.selected == 0ul ? index : load32(g.selected + 4ul * index) - firstPosition;
}

int firstVisible(uint position, uint window, uint chunk) {
    int first = window > 0u ? int(position) - int(window) + 1 : 0;
    return max(max(first, 0), chunk > 0u ? int(position / chunk * chunk) : 0);
}

int lastVisible(uint position, AttentionInput a) {
    if (a.isCausal != 0u) {
        return int(position);
    }

    int last = int(a.firstPosition + a.tokens) - 1;
    last = a.window > 0u ? min(last, int(position + a.window) - 1) : last;
    return a.chunk > 0u ? min(last, int(position / a.chunk * a.chunk + a.chunk) - 1) : last;
}

// Queries are scaled when they are loaded: one rounding less.
float capped(float score, float softCap) { return softCap > 0.0 ? softCap * tangent(score / softCap) : score; }

// The factor of what was summed under another maximum: exactly 1 where the maximum stayed.
float correction(float before, float after) { return before == after ? 1.0 : exponential(before - after); }

#define NEGATIVE_INFINITY uintBitsToFloat(0xFF800000u)
