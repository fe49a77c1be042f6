#version 460
#extension GL_GOOGLE_include_directive : require

// Chooses for each row the experts with the highest scores, of equal ones the first, and weights them with the softmax: a workgroup
// a row.

layout(local_size_x = 64) in;

#include "decode_memory.glsl"
#include "math.glsl"

layout(push_constant, std430) uniform Parameters {
    uint64_t scores;        // [rows, experts]
    uint64_t ids;           // [rows, used]
    uint64_t weights;       // [rows, used]
    uint stride;
    uint expertCount;
    uint used;
    uint normalizes;        // 1: weights are divided by the sum of those taken
} p;

shared float values[64];
shared uint indices[64];

void main() {
    uint thread = gl_LocalInvocationID.x;
    uint row = gl_WorkGroupID.x;
    uint64_t scores = p.scores + 4ul * (uint64_t(row) * p.stride);
    uint64_t slots = 4ul * (uint64_t(row) * p.used);
    float largest = 0.0, lastScore = 0.0, total = 0.0;
    uint last = 0u;
    for (uint slot = 0u; slot < p.used; slot++) {
        // The best of those that come after the one taken last, by score and then by number.
        float best = 0.0;
        uint index = p.expertCount;
        for (uint e = thread; e < p.expertCount; e += 64u) {
            float score = loadReal(scores + 4ul * e);
            bool isLeft = slot == 0u || score < lastScore || (score == lastScore && e > last);
            if (isLeft && (index == p.expertCount || score > best)) {
                best = score;
                index = e;
            }
        }

        values[thread] = best;
        indices[thread] = index;
        barrier();
        for (uint count = 32u; count > 0u; count /= 2u) {
            if (thread < count) {
                float other = values[thread + count];
                uint otherIndex = indices[thread + count];
                uint own = indices[thread];
                bool isBetter = otherIndex < p.expertCount
                    && (own == p.expertCount || other > values[thread] || (other == values[thread] && otherIndex < own));
                if (isBetter) {
                    values[thread] = other;
                    indices[thread] = otherIndex;
                }
            }

            barrier();
        }

        lastScore = values[0];
        last = min(indices[0], p.expertCount - 1u);
        barrier();
        largest = slot == 0u ? lastScore : largest;
        float probability = exponential(lastScore - largest);
        total += probability;
        if (thread == 0u) {
            Word(p.ids + slots + 4ul * slot).value = last;
            Real(p.weights + slots + 4ul * slot).value = probability;
        }
    }

    if (p.normalizes == 0u) {
        float sum = 0.0;
        for (uint e = thread; e < p.expertCount; e += 64u) {
            sum += exponential(loadReal(scores + 4ul * e) - largest);
        }

        values[thread] = sum;
        barrier();
        for (uint count = 32u; count > 0u; count /= 2u) {
            if (thread < count) {
                values[thread] += values[thread + count];
            }

            barrier();
        }

        total = values[0];
    }

    if (thread == 0u) {
        for (uint slot = 0u; slot < p.used; slot++) {
            Real weight = Real(p.weights + slots + 4ul * slot);
            weight.value = weight.value / total;
        }
    }
}
