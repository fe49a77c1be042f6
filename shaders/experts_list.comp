#version 460
#extension GL_GOOGLE_include_directive : require

// Lists for each expert the slots that chose it, ascending: a workgroup an expert.

layout(local_size_x = 64) in;

#include "decode_memory.glsl"

layout(push_constant, std430) uniform Parameters {
    uint64_t ids;           // [slots]
    uint64_t lists;         // [experts, slots]; behind them [experts] how many
    uint slotCount;
    uint expertCount;
} p;

shared uint counts[64];

void main() {
    uint thread = gl_LocalInvocationID.x;
    uint expert = gl_WorkGroupID.x;
    uint64_t list = p.lists + 4ul * (uint64_t(expert) * p.slotCount);
    uint listed = 0u;
    for (uint first = 0u; first < p.slotCount; first += 64u) {
        uint slot = first + thread;
        bool isOwn = slot < p.slotCount && load32(p.ids + 4ul * slot) == expert;
        counts[thread] = isOwn ? 1u : 0u;
        barrier();
        for (uint step_ = 1u; step_ < 64u; step_ *= 2u) {
            uint before = thread >= step_ ? counts[thread - step_] : 0u;
            barrier();
            counts[thread] += before;
            barrier();
        }

        if (isOwn) {
            Word(list + 4ul * (listed + counts[thread] - 1u)).value = slot;
        }

        listed += counts[63];
        barrier();
    }

    if (thread == 0u) {
        Word(p.lists + 4ul * (uint64_t(p.expertCount) * p.slotCount + expert)).value = listed;
    }
}
