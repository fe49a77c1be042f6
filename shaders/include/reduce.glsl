// Sums over a workgroup in shared memory, as a tree of fixed shape: the same bits whatever the device's subgroups are.

shared float reduceParts[WORKGROUP];

// The sum of every invocation's value, for all of them. A workgroup is a power of two.
float sumOfGroup(float value) {
    uint thread = gl_LocalInvocationID.x;
    reduceParts[thread] = value;
    barrier();
    for (uint width = WORKGROUP / 2u; width > 0u; width /= 2u) {
        if (thread < width) {
            reduceParts[thread] += reduceParts[thread + width];
        }

        barrier();
    }

    float sum = reduceParts[0];
    barrier();
    return sum;
}
