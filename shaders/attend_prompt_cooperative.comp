#version 460
#extension GL_GOOGLE_include_directive : require

// Attention of a prompt's queries, as attend_prompt.comp, with fragments: each of four subgroups has 16 queries, and all go through the
// rows in tiles of 32. Queries, keys, values and probabilities are rounded to f16, sums are in f32. A query's bits depend neither on the
// queries beside it nor on where a prompt is cut.

layout(local_size_x_id = 0) in;                          // four subgroups
layout(constant_id = 0) const uint THREADS = 128;
layout(constant_id = 1) const uint KEY_FORM = 0;
layout(constant_id = 2) const uint VALUE_FORM = 0;
layout(constant_id = 3) const uint KEY_FRAGMENTS = 8;    // of 16 elements
layout(constant_id = 4) const uint VALUE_FRAGMENTS = 8;

#include "attend.glsl"
#include "attend_prompt.glsl"
#include "fragments.glsl"

const uint SUBGROUPS = 4u;
const uint TILE_QUERIES = SUBGROUPS * EDGE;
const uint TILE_ROWS = 32u;
const uint ROW_FRAGMENTS = TILE_ROWS / EDGE;

// In eights of f16; one more a line than needed keeps lines off each other's banks.
const uint KEY_STRIDE = 2u * KEY_FRAGMENTS + 1u;
const uint VALUE_STRIDE = 2u * VALUE_FRAGMENTS + 1u;
const uint PROBABILITY_STRIDE = TILE_ROWS / 8u + 1u;
const uint SCORE_STRIDE = TILE_ROWS / 4u + 1u;           // in fours

// Threads of a subgroup share its queries evenly: each takes some eights of a tile's rows for one of them.
const uint PARTS = THREADS / TILE_QUERIES;
const uint EIGHTS = TILE_ROWS / 8u / PARTS;

// Threads that bring a row, and eights of its key and its value that each of them brings.
const uint LOADERS = THREADS / TILE_ROWS;
const uint KEY_LOADS = (2u * KEY_FRAGMENTS + LOADERS - 1u) / LOADERS;
const uint VALUE_LOADS = (2u * VALUE_FRAGMENTS + LOADERS - 1u) / LOADERS;

shared uint64_t queryAddress[TILE_QUERIES];
shared int queryPosition[TILE_QUERIES];                  // -1 where there is none
shared int positionOfRow[TILE_ROWS];                     // -1 where there is none
shared uvec4 keys[TILE_ROWS * KEY_STRIDE];               // at first a part of the queries
shared uvec4 values[TILE_ROWS * VALUE_STRIDE];
shared uvec4 probabilities[TILE_QUERIES * PROBABILITY_STRIDE];
shared vec4 scores[TILE_QUERIES * SCORE_STRIDE];         // at last the sums, a fragment at a time
shared float factors[SUBGROUPS * EDGE * EDGE];
shared float shares[TILE_QUERIES];

// Eight elements of a row, in f16; those behind its end are 0.
uvec4 rowHalves(uint form, uint64_t row, uint eight, uint count) {
    if (form == ROW_F16) {
        return uvec4(TwoWords(row + 16ul * eight).value, TwoWords(row + 16ul * eight + 8ul).value);
    }

    return packHalves(rowElements(form, row, 2u * eight, count), rowElements(form, row, 2u * eight + 1u, count));
}

// What this thread brings of the tile of rows that begins at `first`.
void loadRows(HeadGroup g, AttentionInput a, uint first, uint end, out uvec4 k[KEY_LOADS], out uvec4 v[VALUE_LOADS], out int position) {
    uint part = gl_LocalInvocationID.x % LOADERS;
    uint index = first + gl_LocalInvocationID.x / LOADERS;
    bool exists = index < end;
    uint row = exists ? visitedRow(g, index) : 0u;
    uint64_t address = exists ? keyAddress(g.pages, row, g.headOffset, a.tokenBytes) : 0ul;
    position = exists ? int(rowPosition(g, row)) : -1;
    [[unroll]] for (uint i = 0u; i < KEY_LOADS; i++) {
        uint eight = part + LOADERS * i;
        k[i] = exists && eight < 2u * KEY_FRAGMENTS ? rowHalves(KEY_FORM, address, eight, a.keyCount) : uvec4(0u);
    }

    [[unroll]] for (uint i = 0u; i < VALUE_LOADS; i++) {
        uint eight = part + LOADERS * i;
        v[i] = exists && eight < 2u * VALUE_FRAGMENTS ? rowHalves(VALUE_FORM, address + a.keyBytes, eight, a.valueCount) : uvec4(0u);
    }
}

void storeRows(uvec4 k[KEY_LOADS], uvec4 v[VALUE_LOADS], int position) {
    uint part = gl_LocalInvocationID.x % LOADERS;
    uint line = gl_LocalInvocationID.x / LOADERS;
    [[unroll]] for (uint i = 0u; i < KEY_LOADS; i++) {
        if (part + LOADERS * i < 2u * KEY_FRAGMENTS) {
            keys[line * KEY_STRIDE + part + LOADERS * i] = k[i];
        }
    }

    [[unroll]] for (uint i = 0u; i < VALUE_LOADS; i++) {
        if (part + LOADERS * i < 2u * VALUE_FRAGMENTS) {
            values[line * VALUE_STRIDE + part + LOADERS * i] = v[i];
        }
    }

    if (part == 0u) {
        positionOfRow[line] = position;
    }
}

void main() {
    AttentionInput a = Input(p.input_).value;
    HeadGroup g = HeadGroups(p.groups).group[gl_WorkGroupID.y];
    uint thread = gl_LocalInvocationID.x;
    uint lane = gl_SubgroupInvocationID;
    uint subgroup = gl_SubgroupID;
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
    }

    barrier();

    // Each subgroup keeps its queries; they go through the memory of the keys, those of two subgroups at a time.
    LeftFragment queries[KEY_FRAGMENTS];
    [[unroll]] for (uint turn = 0u; turn < TILE_QUERIES / TILE_ROWS; turn++) {
        for (uint i = thread; i < TILE_ROWS * 2u * KEY_FRAGMENTS; i += THREADS) {
            uint line = i / (2u * KEY_FRAGMENTS);
            uint eight = i % (2u * KEY_FRAGMENTS);
            uint query = TILE_ROWS * turn + line;
            uint64_t address = queryAddress[query] + 32ul * eight;
            uint elements = queryPosition[query] >= 0 ? a.keyCount - min(a.keyCount, 8u * eight) : 0u;
            keys[line * KEY_STRIDE + eight] = packHalves(
                loadSomeReals(address, elements) * a.scale, loadSomeReals(address + 16ul, elements - min(elements, 4u)) * a.scale);
        }

        barrier();
        if (subgroup / ROW_FRAGMENTS == turn) {
            [[unroll]] for (uint i = 0u; i < KEY_FRAGMENTS; i++) {
                coopMatLoad(queries[i], keys, subgroup % ROW_FRAGMENTS * EDGE * KEY_STRIDE + 2u * i, KEY_STRIDE, gl_CooperativeMatrixLayoutRowMajor);
            }
        }

        barrier();
    }

    uint line = lane / PARTS;
    uint part = lane % PARTS;
    uint lineOfTile = subgroup * EDGE + line;
    int position = queryPosition[lineOfTile];
    int low = firstVisible(uint(max(position, 0)), a.window, a.chunk);
    int high = position < 0 ? -1 : lastVisible(uint(position), a);
    bool isComplete = firstQuery + TILE_QUERIES <= count;
    uint lastOfTile = min(TILE_QUERIES, count - firstQuery) - 1u;
    uint begin = countUpTo(g, firstVisible(uint(queryPosition[0]), a.window, a.chunk) - 1);
    uint end = countUpTo(g, lastVisible(uint(queryPosition[lastOfTile]), a));
    int lowestEnd = lastVisible(uint(queryPosition[0]), a);
    int highestBegin = firstVisible(uint(queryPosition[lastOfTile]), a.window, a.chunk);
    float largest = NEGATIVE_INFINITY;
    float total = 0.0;
    SumFragment sums[VALUE_FRAGMENTS];
    [[unroll]] for (uint i = 0u; i < VALUE_FRAGMENTS; i++) {
        sums[i] = SumFragment(0.0);
    }

    uvec4 k[KEY_LOADS], v[VALUE_LOADS];
    int positionOfLoad;
    uint first = begin / TILE_ROWS * TILE_ROWS;
    loadRows(g, a, first, end, k, v, positionOfLoad);
    for (; first < end; first += TILE_ROWS) {
        storeRows(k, v, positionOfLoad);
        barrier();

        // The next tile arrives while this one is multiplied.
        loadRows(g, a, first + TILE_ROWS, end, k, v, positionOfLoad);
        [[unroll]] for (uint r = 0u; r < ROW_FRAGMENTS; r++) {
            SumFragment score = SumFragment(0.0);
            [[unroll]] for (uint i = 0u; i < KEY_FRAGMENTS; i++) {
                RightFragment key;
                coopMatLoad(key, keys, r * EDGE * KEY_STRIDE + 2u * i, KEY_STRIDE, gl_CooperativeMatrixLayoutColumnMajor);
                score = coopMatMulAdd(queries[i], key, score);
            }

            coopMatStore(score, scores, subgroup * EDGE * SCORE_STRIDE + r * EDGE / 4u, SCORE_STRIDE, gl_CooperativeMatrixLayoutRowMajor);
        }

        subgroupExchange();
        bool isWhole = isComplete && first + TILE_ROWS <= end
            && positionOfRow[0] >= highestBegin && positionOfRow[TILE_ROWS - 1u] <= lowestEnd;
        float before = largest;
        vec4 fours[2u * EIGHTS];
        [[unroll]] for (uint i = 0u; i < 2u * EIGHTS; i++) {
            uint four = 2u * (part + PARTS * (i / 2u)) + i % 2u;
            vec4 score = scores[lineOfTile * SCORE_STRIDE + four];
            if (a.softCap > 0.0) {
                score = vec4(capped(score.x, a.softCap), capped(score.y, a.softCap), capped(score.z, a.softCap), capped(score.w, a.softCap));
            }

            if (!isWhole) {
                [[unroll]] for (uint j = 0u; j < 4u; j++) {
                    int at = positionOfRow[4u * four + j];
                    score[j] = at >= 0 && at >= low && at <= high ? score[j] : NEGATIVE_INFINITY;
                }
            }

            fours[i] = score;
            largest = max(max(largest, max(score.x, score.y)), max(score.z, score.w));
        }

        for (uint distance = 1u; distance < PARTS; distance *= 2u) {
            largest = max(largest, subgroupShuffleXor(largest, distance));
        }

        // The driver's exponential: what it loses is lost in f16 anyway. Where nothing was seen yet there is nothing to weigh.
        float factor = before == largest ? 1.0 : exp(before - largest);
        float base = isinf(largest) ? 0.0 : largest;
        float sum = 0.0;
        [[unroll]] for (uint i = 0u; i < EIGHTS; i++) {
            vec4 low4 = exp(fours[2u * i] - base);
            vec4 high4 = exp(fours[2u * i + 1u] - base);
            sum += ((low4.x + low4.y) + (low4.z + low4.w)) + ((high4.x + high4.y) + (high4.z + high4.w));
            probabilities[lineOfTile * PROBABILITY_STRIDE + part + PARTS * i] = uvec4(
                packHalf2x16(low4.xy), packHalf2x16(low4.zw), packHalf2x16(high4.xy), packHalf2x16(high4.zw));
        }

        for (uint distance = 1u; distance < PARTS; distance *= 2u) {
            sum += subgroupShuffleXor(sum, distance);
        }

        total = fma(total, factor, sum);
        bool anyChange = subgroupAny(factor != 1.0);
        if (anyChange) {
            for (uint i = part; i < EDGE; i += PARTS) {
                factors[(subgroup * EDGE + line) * EDGE + i] = factor;
            }
        }

        subgroupExchange();
        if (anyChange) {
            SumFragment change;
            coopMatLoad(change, factors, subgroup * EDGE * EDGE, EDGE, gl_CooperativeMatrixLayoutRowMajor);
            [[unroll]] for (uint i = 0u; i < VALUE_FRAGMENTS; i++) {
                sums[i] *= change;
            }
        }

        [[unroll]] for (uint r = 0u; r < ROW_FRAGMENTS; r++) {
            LeftFragment probability;
            coopMatLoad(probability, probabilities, subgroup * EDGE * PROBABILITY_STRIDE + 2u * r, PROBABILITY_STRIDE, gl_CooperativeMatrixLayoutRowMajor);
            [[unroll]] for (uint i = 0u; i < VALUE_FRAGMENTS; i++) {
                RightFragment value;
                coopMatLoad(value, values, r * EDGE * VALUE_STRIDE + 2u * i, VALUE_STRIDE, gl_CooperativeMatrixLayoutRowMajor);
                sums[i] = coopMatMulAdd(probability, value, sums[i]);
            }
        }

        barrier();
    }

    uint head = g.firstHead + (firstQuery + lineOfTile) % a.heads;
    if (part == 0u) {
        shares[lineOfTile] = shareOf(a, head, largest, total);
    }

    [[unroll]] for (uint i = 0u; i < VALUE_FRAGMENTS; i++) {
        subgroupExchange();
        coopMatStore(sums[i], scores, subgroup * EDGE * SCORE_STRIDE, SCORE_STRIDE, gl_CooperativeMatrixLayoutRowMajor);
        subgroupExchange();
        for (uint place = lane; place < EDGE * EDGE; place += gl_SubgroupSize) {
            uint query = subgroup * EDGE + place / EDGE;
            uint element = EDGE * i + place % EDGE;
            if (queryPosition[query] >= 0 && element < a.valueCount) {
                uint headOfQuery = g.firstHead + (firstQuery + query) % a.heads;
                uint row = uint(queryPosition[query]) - a.firstPosition;
                Real(p.outputs + 4ul * (uint64_t(row) * p.outputStride + headOfQuery * a.valueCount + element)).value =
                    scores[query * SCORE_STRIDE + place % EDGE / 4u][place % 4u] * shares[query];
            }
        }
    }
}
