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

const uint PARTITION = 512u;

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
    for (uint i = 0u; i < count; i++) {
        largest = max(largest, loadReal(partials + 4ul * (uint64_t(i) * floats + a.valueCount)));
    }

    float sink = a.sinks != 0ul ? loadReal(a.sinks + 4ul * head) : NEGATIVE_INFINITY;
    largest = max(largest, sink);
    float total = 0.0;
    if (a.sinks != 0ul) {
        total = correction(sink, largest);
    }

    for (uint i = 0u; i < count; i++) {
        uint64_t statistics = partials + 4ul * (uint64_t(i) * floats + a.valueCount);
        total = fma(loadReal(statistics + 4ul), correction(loadReal(statistics), largest), total);
    }

    float share = count > 0u ? 1.0 / total : 0.0;
    for (uint column = thread; column < a.valueCount; column += 64u) {
        float sum = 0.0;
        for (uint i = 0u; i < count; i++) {
            uint64_t partial = partials + 4ul * (uint64_t(i) * floats);
            sum = fma(loadReal(partial + 4ul * column), correction(loadReal(partial + 4ul * a.valueCount), largest), sum);
        }

        Real(p.outputs + 4ul * (uint64_t(query) * p.outputStride + head * a.valueCount + column)).value = sum * share;
    }

    if (p.statistics != 0ul && thread == 0u) {
        Real(p.statistics + 8ul * head).value = largest;
        Real(p.statistics + 8ul * head + 4ul).value = share;
    }
}
