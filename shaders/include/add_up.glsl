// Sums over a workgroup of OUTPUTS · ROWS values of each thread, as a tree in which thread i takes what thread i + half has: the same bits
// whatever the device's subgroups are. The sum of value i is in sums[i * WORKGROUP] for all threads.
const uint SUMS = OUTPUTS * ROWS;

shared float sums[WORKGROUP * SUMS];

void addUp(float parts[SUMS]) {
    uint thread = gl_LocalInvocationID.x;
#ifdef SUBGROUPS
    // A subgroup adds what its threads have without shared memory; where there are several, their sums are exchanged first.
    const uint width = min(gl_SubgroupSize, WORKGROUP);
    if (width < WORKGROUP) {
        [[unroll]] for (uint i = 0u; i < SUMS; i++) {
            sums[i * WORKGROUP + thread] = parts[i];
        }

        barrier();
        for (uint middle = WORKGROUP / 2u; middle > width; middle /= 2u) {
            if (thread < middle) {
                [[unroll]] for (uint i = 0u; i < SUMS; i++) {
                    sums[i * WORKGROUP + thread] += sums[i * WORKGROUP + thread + middle];
                }
            }

            barrier();
        }

        if (thread < width) {
            [[unroll]] for (uint i = 0u; i < SUMS; i++) {
                parts[i] = sums[i * WORKGROUP + thread] + sums[i * WORKGROUP + thread + width];
            }
        }
    }

    if (thread < width) {
        for (uint middle = width / 2u; middle > 0u; middle /= 2u) {
            [[unroll]] for (uint i = 0u; i < SUMS; i++) {
                parts[i] += subgroupShuffleDown(parts[i], middle);
            }
        }
    }

    if (thread == 0u) {
        [[unroll]] for (uint i = 0u; i < SUMS; i++) {
            sums[i * WORKGROUP] = parts[i];
        }
    }

    barrier();
#else
    [[unroll]] for (uint i = 0u; i < SUMS; i++) {
        sums[i * WORKGROUP + thread] = parts[i];
    }

    barrier();
    for (uint middle = WORKGROUP / 2u; middle > 0u; middle /= 2u) {
        if (thread < middle) {
            [[unroll]] for (uint i = 0u; i < SUMS; i++) {
                sums[i * WORKGROUP + thread] += sums[i * WORKGROUP + thread + middle];
            }
        }

        barrier();
    }
#endif
}
