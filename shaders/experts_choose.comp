#version 460
#extension GL_GOOGLE_include_directive : require

// Chooses the experts of each row in every way but the plain one of experts_route: a row an invocation, which goes through its experts
// again and again instead of keeping what it knows of them.

layout(local_size_x = 64) in;

#include "decode_memory.glsl"
#include "math.glsl"

const uint SOFTMAX = 0u, SIGMOID = 1u, SPARSE_MIXER = 2u;
const uint MOST_GROUPS = 32u;

layout(push_constant, std430) uniform Parameters {
    uint64_t scores;        // [rows, experts]
    uint64_t correction;    // [experts], or 0
    uint64_t scales;        // [experts], or 0
    uint64_t ids;           // [rows, used]
    uint64_t weights;       // [rows, used]
    uint stride;
    uint rows;
    uint expertCount;
    uint used;
    uint scoring;
    uint groups;
    uint groupsUsed;
    uint groupsSumTwo;
    uint normalizes;
    float scale;
    float reach;
} p;

uint64_t scores;
float largest;
float sum;
float worth[MOST_GROUPS];

float scoreOf(uint expert) { return loadReal(scores + 4ul * expert); }

float probabilityOf(uint expert) {
    return p.scoring == SIGMOID ? sigmoid(scoreOf(expert)) : exponential(scoreOf(expert) - largest) / sum;
}

// What the choice goes by.
float rankOf(uint expert) {
    return p.correction == 0ul ? scoreOf(expert) : probabilityOf(expert) + loadReal(p.correction + 4ul * expert);
}

float worthOf(uint group) {
    uint size = p.expertCount / p.groups;
    float first = 0.0, second = 0.0;
    for (uint i = 0u; i < size; i++) {
        uint expert = group * size + i;
        float value = p.correction == 0ul ? probabilityOf(expert) : rankOf(expert);
        if (i == 0u || value > first) {
            second = first;
            first = value;
        } else {
            second = i == 1u ? value : max(second, value);
        }

        second = i == 0u ? -1e30 : second;
    }

    return p.groupsSumTwo != 0u && size > 1u ? first + second : first;
}

// Whether fewer groups than may be used are worth more, of equal ones the first.
bool isAllowed(uint expert) {
    if (p.groupsUsed >= p.groups) {
        return true;
    }

    uint group = expert / (p.expertCount / p.groups);
    uint better = 0u;
    for (uint other = 0u; other < p.groups; other++) {
        better += worth[other] > worth[group] || (worth[other] == worth[group] && other < group) ? 1u : 0u;
    }

    return better < p.groupsUsed;
}

// The softmax of the best score among those that come after it and near it.
float weightWithin(uint best) {
    float bestScore = scoreOf(best), total = 0.0;
    for (uint e = 0u; e < p.expertCount; e++) {
        float score = scoreOf(e);
        bool isLeft = score < bestScore || (score == bestScore && e >= best);
        if (isLeft && (bestScore - score) / max(abs(score), bestScore) <= p.reach) {
            total += exponential(score - bestScore);
        }
    }

    return 1.0 / total;
}

void main() {
    uint row = gl_GlobalInvocationID.x;
    if (row >= p.rows) {
        return;
    }

    scores = p.scores + 4ul * (uint64_t(row) * p.stride);
    largest = scoreOf(0u);
    for (uint e = 1u; e < p.expertCount; e++) {
        largest = max(largest, scoreOf(e));
    }

    sum = 0.0;
    for (uint e = 0u; e < p.expertCount; e++) {
        sum += exponential(scoreOf(e) - largest);
    }

    for (uint group = 0u; p.groupsUsed < p.groups && group < p.groups; group++) {
        worth[group] = worthOf(group);
    }

    uint64_t slots = 4ul * (uint64_t(row) * p.used);
    float lastRank = 0.0, total = 0.0;
    uint last = 0u;
    for (uint slot = 0u; slot < p.used; slot++) {
        float best = 0.0;
        uint index = p.expertCount;
        for (uint e = 0u; e < p.expertCount; e++) {
            float rank = rankOf(e);
            bool isLeft = slot == 0u || rank < lastRank || (rank == lastRank && e > last);
            if (isLeft && (index == p.expertCount || rank > best) && isAllowed(e)) {
                best = rank;
                index = e;
            }
        }

        lastRank = best;
        last = min(index, p.expertCount - 1u);
        float weight = p.scoring == SPARSE_MIXER ? weightWithin(last) : probabilityOf(last);
        total += weight;
        Word(p.ids + slots + 4ul * slot).value = last;
        Real(p.weights + slots + 4ul * slot).value = weight;
    }

    float factor = p.scale / (p.normalizes != 0u ? total : 1.0);
    for (uint slot = 0u; slot < p.used; slot++) {
        Real weight = Real(p.weights + slots + 4ul * slot);
        float scaled = weight.value * factor;
        weight.value = p.scales == 0ul ? scaled : scaled * loadReal(p.scales + 4ul * load32(p.ids + slots + 4ul * slot));
    }
}
