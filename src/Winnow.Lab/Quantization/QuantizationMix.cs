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

    /// <summary>Matrices as bfloat16.</summary>
    BF16 = 32,
}
