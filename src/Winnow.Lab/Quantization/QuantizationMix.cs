namespace Winnow.Lab.Quantization;

/// <summary>What a model file's weights are mostly stored as; the numbers are those of GGUF's <c>general.file_type</c>.</summary>
/// <remarks>A mixture gives some tensors more bits than its name says: see <see cref="QuantizationMixes"/>.</remarks>
public enum QuantizationMix
{
    /// <summary>All weights as 32-bit floats.</summary>
    F32 = 0,

    /// <summary>Matrices as 16-bit IEEE floats.</summary>
    F16 = 1,

    /// <summary>4 bits in blocks of 32 with a scale; the output in 6 bits.</summary>
    Q4_0 = 2,

    /// <summary>4 bits in blocks of 32 with scale and minimum; the output in 6 bits.</summary>
    Q4_1 = 3,

    /// <summary>8 bits in blocks of 32.</summary>
    Q8_0 = 7,

    /// <summary>5 bits in blocks of 32 with a scale; the output in 6 bits.</summary>
    Q5_0 = 8,

    /// <summary>5 bits in blocks of 32 with scale and minimum; the output in 6 bits.</summary>
    Q5_1 = 9,

    /// <summary>2-bit K-quants; values, down projections and attention outputs in 3 bits or more, the output in 6.</summary>
    Q2_K = 10,

    /// <summary>3-bit K-quants; the output in 6 bits.</summary>
    Q3_K_S = 11,

    /// <summary>3-bit K-quants; values, down projections and attention outputs in 4 or 5 bits, the output in 6.</summary>
    Q3_K_M = 12,

    /// <summary>3-bit K-quants; values, down projections and attention outputs in 5 bits, the output in 6.</summary>
    Q3_K_L = 13,

    /// <summary>4-bit K-quants; the first values and down projections in 5 bits, the output in 6.</summary>
    Q4_K_S = 14,

    /// <summary>4-bit K-quants; half of the values and down projections, and the output, in 6 bits.</summary>
    Q4_K_M = 15,

    /// <summary>5-bit K-quants; the output in 6 bits.</summary>
    Q5_K_S = 16,

    /// <summary>5-bit K-quants; half of the values and down projections, and the output, in 6 bits.</summary>
    Q5_K_M = 17,

    /// <summary>6-bit K-quants throughout.</summary>
    Q6_K = 18,

    /// <summary>Grids of 2.06 bits; with <c>--imatrix</c>.</summary>
    IQ2_XXS = 19,

    /// <summary>Grids of 2.3 bits; with <c>--imatrix</c>.</summary>
    IQ2_XS = 20,

    /// <summary>2-bit K-quants; the first down projections in 4 bits, the output in 6.</summary>
    Q2_K_S = 21,

    /// <summary>Grids of 3.4 bits, some of 3.06.</summary>
    IQ3_XS = 22,

    /// <summary>Grids of 3.06 bits, queries and keys of 2.6.</summary>
    IQ3_XXS = 23,

    /// <summary>A ternary grid of 1.6 bits; with <c>--imatrix</c>.</summary>
    IQ1_S = 24,

    /// <summary>4-bit codes of uneven levels in blocks of 32.</summary>
    IQ4_NL = 25,

    /// <summary>Grids of 3.4 bits.</summary>
    IQ3_S = 26,

    /// <summary>Grids of 3.4 bits; values and attention outputs in 4.</summary>
    IQ3_M = 27,

    /// <summary>Grids of 2.3 bits, values and attention outputs of 3.4; with <c>--imatrix</c>.</summary>
    IQ2_S = 28,

    /// <summary>Grids of 2.6 bits, values and attention outputs of 3.4; with <c>--imatrix</c>.</summary>
    IQ2_M = 29,

    /// <summary>4-bit codes of uneven levels, 6-bit scales per 32.</summary>
    IQ4_XS = 30,

    /// <summary>A ternary grid of 1.75 bits; with <c>--imatrix</c>.</summary>
    IQ1_M = 31,

    /// <summary>Matrices as bfloat16.</summary>
    BF16 = 32,

    /// <summary>Ternary weights, five a byte, for models that were trained so.</summary>
    TQ1_0 = 36,

    /// <summary>Ternary weights of 2 bits, for models that were trained so.</summary>
    TQ2_0 = 37,

    /// <summary>Experts as 4-bit floats with a shared exponent, everything else in 8 bits.</summary>
    MXFP4_MOE = 38,

    /// <summary>4-bit floats with an 8-bit float scale per 16; the output in 6 bits.</summary>
    NVFP4 = 39,

    /// <summary>Signs and an f16 scale per 128, for models that were trained so.</summary>
    Q1_0 = 40,

    /// <summary>2-bit quants from −1 to 2 and an f16 scale per 64, for models that were trained so.</summary>
    Q2_0 = 41,
}
