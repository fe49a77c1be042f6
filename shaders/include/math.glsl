// Functions whose precision drivers do not promise, or that some get wrong at the ends of the range; polynomials as in
// Winnow.Compute.Simd.VectorMath.

// e^x to about 1 ulp; 0 below the normal numbers, infinity above the largest.
float exponential(float x) {
    if (x > 88.72283) {
        return uintBitsToFloat(0x7F800000u);
    }

    if (!(x > -87.33654)) {
        return isnan(x) ? x : 0.0;
    }

    // x = n · ln 2 + r, with ln 2 in two parts, so that r is exact where it matters.
    float n = floor(x * 1.44269504 + 0.5);
    float r = fma(n, -0.693359375, x);
    r = fma(n, 2.12194440e-4, r);
    float p = 1.9875691500e-4;
    p = fma(p, r, 1.3981999507e-3);
    p = fma(p, r, 8.3334519073e-3);
    p = fma(p, r, 4.1665795894e-2);
    p = fma(p, r, 1.6666665459e-1);
    p = fma(p, r, 5.0000001201e-1);
    float y = fma(p, r * r, r) + 1.0;

    // Two factors, because 2^n may be above the largest power that a float has.
    int half1 = int(n) / 2;
    int half2 = int(n) - half1;
    return y * uintBitsToFloat(uint(half1 + 127) << 23) * uintBitsToFloat(uint(half2 + 127) << 23);
}

// Hyperbolic tangent; small values keep their relative precision.
float tangent(float x) {
    float a = abs(x);
    float y;
    if (a < 0.625) {
        float s = a * a;
        float p = -5.70498872745e-3;
        p = fma(p, s, 2.06390887954e-2);
        p = fma(p, s, -5.37397155531e-2);
        p = fma(p, s, 1.33314422036e-1);
        p = fma(p, s, -3.33332819422e-1);
        y = fma(p * s, a, a);
    } else {
        y = a > 9.02 ? 1.0 : 1.0 - 2.0 / (exponential(2.0 * a) + 1.0);
    }

    return x < 0.0 ? -y : y;
}

float sigmoid(float x) { return 1.0 / (1.0 + exponential(-x)); }
