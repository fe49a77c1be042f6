#version 460
#extension GL_GOOGLE_include_directive : require

// Adds the partitions of a step in order: a workgroup a query head of a step.

layout(local_size_x = 64) in;

#include "attend.glsl"

layout(push_constant, std430) uniform Parameters {
    uint64_t groups;        // [groups, steps]
    uint64_t input_;        // an AttentionInput
    uint64_t partials;      // as attend_step leaves them
    uint64_t outputs;       // [steps, queryHeads · valueCount]
    uint64_t statistics;    // [queryHeads] maximum and reciprocal sum of a step's softmax; 0 for none
    uint outputStride;
    uint partitions;
} p;

layout(buffer_reference, std430, buffer_reference_align = 16) buffer Input { AttentionInput value; };

const uint WORKGROUP = 64u;
const uint PARTITION = 128u;

shared float totals[WORKGROUP];
shared float factors[WORKGROUP];

void main() {
    AttentionInput a = Input(p.input_).value;
    uint thread = gl_LocalInvocationID.x;
    uint head = gl_WorkGroupID.x;
    uint query = gl_WorkGroupID.y;
    HeadGroup g = HeadGroups(p.groups).group[head / a.heads * a.tokens + query];
    uint count = g.end > g.begin ? (g.end - 1u) / PARTITION - g.begin / PARTITION + 1u : 0u;
    const uint floats = a.valueCount + 2u;
    uint64_t partials = p.partials + 4ul * ((uint64_t(query) * a.queryHeads + head) * p.partitions * floats);
    float largest = NEGATIVE_INFINITY;
    for (uint i = thread; i < count; i += WORKGROUP) {
        largest = max(largest, loadReal(partials + 4ul * (uint64_t(i) * floats + a.valueCount)));
    }

    factors[thread] = largest;
    barrier();
    float sink = a.sinks != 0ul ? loadReal(a.sinks + 4ul * head) : NEGATIVE_INFINITY;
    largest = sink;
    for (uint i = 0u; i < WORKGROUP; i++) {
        largest = max(largest, factors[i]);
    }

    float share = 0.0;
    for (uint first = 0u; first < max(a.valueCount, 1u); first += WORKGROUP) {
        uint column = min(first + thread, a.valueCount - 1u);
        float total = a.sinks != 0ul ? correction(sink, largest) : 0.0;
        float sum = 0.0;
        for (uint base = 0u; base < count; base += WORKGROUP) {
            barrier();
            uint own = base + thread;
            if (own < count) {
                uint64_t statistics = partials + 4ul * (uint64_t(own) * floats + a.valueCount);
                factors[thread] = correction(loadReal(statistics), largest);
                totals[thread] = loadReal(statistics + 4ul);
            }

            barrier();
            uint end = min(WORKGROUP, count - base);
            uint64_t partial = partials + 4ul * (uint64_t(base) * floats + column);
            for (uint i = 0u; i < end; i++) {
                total = fma(totals[i], factors[i], total);
                sum = fma(loadReal(partial), factors[i], sum);
                partial += 4ul * floats;
            }
        }

        share = count > 0u ? 1.0 / total : 0.0;
        if (first + thread < a.valueCount) {
            Real(p.outputs + 4ul * (uint64_t(query) * p.outputStride + head * a.valueCount + column)).value = sum * share;
        }
    }

    if (p.statistics != 0ul && thread == 0u) {
        Real(p.statistics + 8ul * head).value = largest;
        Real(p.statistics + 8ul * head + 4ul).value = share;
    }
}
