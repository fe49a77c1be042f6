#version 460
#extension GL_GOOGLE_include_directive : require

// The mean over a prompt's queries of the probability that each row got: a workgroup takes a tile of rows for one query head and goes
// through its queries in order, scoring them once more with what attend_prompt found of their softmax.

layout(local_size_x = 128) in;
layout(constant_id = 1) const uint KEY_FORM = 0;

#include "attend_tile.glsl"

layout(push_constant, std430) uniform Parameters {
    uint64_t groups;
    uint64_t input_;        // an AttentionInput
    uint64_t statistics;    // [queryHeads, tokens] maximum and share of each softmax
    uint64_t mass;          // [queryHeads, rows]
    uint massStride;
} p;

layout(buffer_reference, std430, buffer_reference_align = 16) buffer Input { AttentionInput value; };

void main() {
    AttentionInput a = Input(p.input_).value;
    uint thread = gl_LocalInvocationID.x;
    uint head = gl_WorkGroupID.y;
    HeadGroup g = HeadGroups(p.groups).group[head / a.heads];
    uint line = thread / 16u * 4u;
    uint column = thread % 16u;
    uint firstRow = gl_WorkGroupID.x * TILE_ROWS;
    uint end = countUpTo(g, int(a.firstPosition + a.tokens) - 1);
    if (firstRow >= end) {
        return;
    }

    setRows(g, a, firstRow, end);
    barrier();
    int lowest = positionOfRow[0];
    int highest = positionOfRow[min(TILE_ROWS, end - firstRow) - 1u];
    float sum = 0.0;
    for (uint firstQuery = 0u; firstQuery < g.queryCount; firstQuery += TILE_QUERIES) {
        uint lastQuery = min(firstQuery + TILE_QUERIES, g.queryCount) - 1u;
        uint from = a.firstPosition + attendingQuery(g, firstQuery, a.firstPosition);
        uint to = a.firstPosition + attendingQuery(g, lastQuery, a.firstPosition);
        if (lastVisible(to, a) < lowest || firstVisible(from, a.window, a.chunk) > highest) {
            continue;
        }

        barrier();
        if (thread < TILE_QUERIES) {
            uint query = attendingQuery(g, min(firstQuery + thread, lastQuery), a.firstPosition);
            queryAddress[thread] = a.queries + 4ul * (uint64_t(query) * a.queryStride + head * a.keyCount);
            queryPosition[thread] = firstQuery + thread <= lastQuery ? int(a.firstPosition + query) : -1;
        }

        float scores[16];
        scoreTile(a, scores);
        vec4 found[4];
        [[unroll]] for (uint i = 0u; i < 4u; i++) {
            int position = queryPosition[line + i];
            uint known = uint(max(position, int(a.firstPosition)));
            uint64_t statistics = p.statistics + 8ul * (uint64_t(head) * a.tokens + known - a.firstPosition);
            float largest = loadReal(statistics);
            float share = loadReal(statistics + 4ul);
            int low = firstVisible(known, a.window, a.chunk);
            int high = position < 0 ? -1 : lastVisible(known, a);
            [[unroll]] for (uint j = 0u; j < 4u; j++) {
                int other = positionOfRow[4u * column + j];
                bool isVisible = other >= 0 && other >= low && other <= high;
                found[j][i] = isVisible ? exponential(scores[4u * i + j] - largest) * share : 0.0;
            }
        }

        [[unroll]] for (uint j = 0u; j < 4u; j++) {
            probabilities[probabilityAt(4u * column + j, line / 4u)] = found[j];
        }

        barrier();
        if (thread < TILE_ROWS) {
            for (uint four = 0u; four < QUERY_FOURS; four++) {
                vec4 queries = probabilities[probabilityAt(thread, four)];
                sum += queries.x;
                sum += queries.y;
                sum += queries.z;
                sum += queries.w;
            }
        }
    }

    if (thread < TILE_ROWS && firstRow + thread < end) {
        uint row = visitedRow(g, firstRow + thread);
        Real(p.mass + 4ul * (uint64_t(head) * p.massStride + row)).value = sum / float(a.tokens);
    }
}
