// The non-linearities, by Winnow.Compute.Activation.
#include "math.glsl"

const uint SILU = 0u, GELU = 1u, GELU_TANH = 2u, RELU = 3u, RELU_SQUARED = 4u, CLAMPED_SWISH = 5u, SIGMOID = 6u;

// 1 - erf(x) for x >= 0, by the polynomial of Winnow.Compute.Simd.VectorMath.
float errorComplement(float x) {
    float t = 1.0 / fma(x, 0.5, 1.0);
    float p = fma(0.17087277, t, -0.82215223);
    p = fma(p, t, 1.48851587);
    p = fma(p, t, -1.13520398);
    p = fma(p, t, 0.27886807);
    p = fma(p, t, -0.18628806);
    p = fma(p, t, 0.09678418);
    p = fma(p, t, 0.37409196);
    p = fma(p, t, 1.00002368);
    p = fma(p, t, -1.26551223);
    return t * exponential(p - min(x * x, 1e9));
}

float activate(uint activation, float x) {
    switch (activation) {
        case SILU:
            return x * sigmoid(x);
        case GELU: {
            // The lower tail by the complement, which does not cancel there.
            float tail = 0.5 * errorComplement(abs(x) * 0.70710678);
            return x * (x < 0.0 ? tail : 1.0 - tail);
        }
        case GELU_TANH:
            // 0.5 · (1 + tanh(u)) = sigmoid(2u).
            return x * sigmoid(1.5957691216 * (x + 0.044715 * x * x * x));
        case RELU_SQUARED:
            return max(x, 0.0) * max(x, 0.0);
        case CLAMPED_SWISH:
            return min(x, 7.0) * sigmoid(1.702 * min(x, 7.0));
        case SIGMOID:
            return sigmoid(x);
        default:
            return max(x, 0.0);
    }
}

// What the gate's activation is multiplied with.
float gated(uint activation, float up) {
    return activation == CLAMPED_SWISH ? clamp(up, -7.0, 7.0) + 1.0 : up;
}
