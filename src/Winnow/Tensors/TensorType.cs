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

    /// <summary>bfloat16: the upper half of an f32.</summary>
    BF16 = 30,

    /// <summary>8-bit unsigned integers: safetensors only. GGUF has no number for them, so this one lies outside its range.</summary>
    U8 = 1000,
}
