namespace Winnow.Tensors;

/// <summary>How the elements of a tensor are stored; the numbers are those of the GGUF format, except <see cref="U8"/>.</summary>
public enum TensorType
{
    /// <summary>32-bit IEEE floating point.</summary>
    F32 = 0,

    /// <summary>16-bit IEEE floating point.</summary>
    F16 = 1,

    /// <summary>Blocks of 32: 4-bit quants and an f16 scale.</summary>
    Q4_0 = 2,

    /// <summary>Blocks of 32: 4-bit quants, an f16 scale and an f16 minimum.</summary>
    Q4_1 = 3,

    /// <summary>Blocks of 32: 5-bit quants and an f16 scale.</summary>
    Q5_0 = 6,

    /// <summary>Blocks of 32: 5-bit quants, an f16 scale and an f16 minimum.</summary>
    Q5_1 = 7,

    /// <summary>Blocks of 32: 8-bit quants and an f16 scale.</summary>
    Q8_0 = 8,

    /// <summary>Blocks of 256: 2-bit quants, 4-bit scales and minima per 16.</summary>
    Q2_K = 10,

    /// <summary>Blocks of 256: 3-bit quants, 6-bit scales per 16.</summary>
    Q3_K = 11,

    /// <summary>Blocks of 256: 4-bit quants, 6-bit scales and minima per 32.</summary>
    Q4_K = 12,

    /// <summary>Blocks of 256: 5-bit quants, 6-bit scales and minima per 32.</summary>
    Q5_K = 13,

    /// <summary>Blocks of 256: 6-bit quants, 8-bit scales per 16.</summary>
    Q6_K = 14,

    /// <summary>Blocks of 256: 8-bit quants and an f32 scale; of computations, hardly of files.</summary>
    Q8_K = 15,

    /// <summary>Blocks of 256: eight weights an entry of a grid of 256, signs, 4-bit scales per 32.</summary>
    IQ2_XXS = 16,

    /// <summary>Blocks of 256: eight weights an entry of a grid of 512, signs, 4-bit scales per 16.</summary>
    IQ2_XS = 17,

    /// <summary>Blocks of 256: four weights an entry of a grid of 256, signs, 4-bit scales per 32.</summary>
    IQ3_XXS = 18,

    /// <summary>Blocks of 256: eight weights an entry of a grid of 2048, 3-bit scales per 32.</summary>
    IQ1_S = 19,

    /// <summary>Blocks of 32: 4-bit codes of uneven levels and an f16 scale.</summary>
    IQ4_NL = 20,

    /// <summary>Blocks of 256: four weights an entry of a grid of 512, signs, 4-bit scales per 32.</summary>
    IQ3_S = 21,

    /// <summary>Blocks of 256: eight weights an entry of a grid of 1024, signs, 4-bit scales per 16.</summary>
    IQ2_S = 22,

    /// <summary>Blocks of 256: 4-bit codes of uneven levels, 6-bit scales per 32.</summary>
    IQ4_XS = 23,

    /// <summary>8-bit integers.</summary>
    I8 = 24,

    /// <summary>16-bit integers.</summary>
    I16 = 25,

    /// <summary>32-bit integers.</summary>
    I32 = 26,

    /// <summary>64-bit integers.</summary>
    I64 = 27,

    /// <summary>64-bit IEEE floating point.</summary>
    F64 = 28,

    /// <summary>Blocks of 256: eight weights an entry of a grid of 2048, 3-bit scales per 16.</summary>
    IQ1_M = 29,

    /// <summary>bfloat16: the upper half of an f32.</summary>
    BF16 = 30,

    /// <summary>Blocks of 256: five ternary weights a byte and an f16 scale.</summary>
    TQ1_0 = 34,

    /// <summary>Blocks of 256: ternary weights of two bits and an f16 scale.</summary>
    TQ2_0 = 35,

    /// <summary>Blocks of 32: floats of four bits and an exponent.</summary>
    MXFP4 = 39,

    /// <summary>Blocks of 64: floats of four bits and an 8-bit float scale per 16.</summary>
    NVFP4 = 40,

    /// <summary>Blocks of 128: a sign of each weight and an f16 scale.</summary>
    Q1_0 = 41,

    /// <summary>Blocks of 64: 2-bit quants from −1 to 2 and an f16 scale.</summary>
    Q2_0 = 42,

    /// <summary>8-bit unsigned integers: safetensors only. GGUF has no number for them, so this one lies outside its range.</summary>
    U8 = 1000,
}
