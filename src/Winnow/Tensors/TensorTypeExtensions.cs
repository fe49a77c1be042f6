namespace Winnow.Tensors;

/// <summary>The block geometry of each <see cref="TensorType"/>.</summary>
internal static class TensorTypeExtensions
{
    /// <summary>How many elements one block holds: 1 for plain types, 32 to 256 for quantized ones.</summary>
    /// <exception cref="ArgumentOutOfRangeException">The value is no supported type.</exception>
    public static int BlockLength(this TensorType type) => Geometry(type).Length;

    /// <summary>How many bytes one block takes.</summary>
    /// <exception cref="ArgumentOutOfRangeException">The value is no supported type.</exception>
    public static int BlockBytes(this TensorType type) => Geometry(type).Bytes;

    /// <summary>Whether the type is one that this version reads.</summary>
    public static bool IsSupported(this TensorType type) => Find(type).Length != 0;

    /// <summary>Whether GGUF files hold the type; the others are of safetensors alone.</summary>
    internal static bool IsInGguf(this TensorType type) => type != TensorType.U8 && IsSupported(type);

    /// <summary>The bytes that <paramref name="elements"/> consecutive elements take.</summary>
    /// <exception cref="ArgumentException">The count is no multiple of the block length.</exception>
    public static long SizeBytes(this TensorType type, long elements)
    {
        (int length, int bytes) = Geometry(type);
        if (elements % length != 0)
        {
            throw new ArgumentException($"{elements} elements are no multiple of the {length} in a block of {type}", nameof(elements));
        }

        return checked(elements / length * bytes);
    }

    private static (int Length, int Bytes) Geometry(TensorType type)
    {
        (int Length, int Bytes) geometry = Find(type);
        return geometry.Length != 0
            ? geometry
            : throw new ArgumentOutOfRangeException(nameof(type), type, "not a supported tensor type");
    }

    private static (int Length, int Bytes) Find(TensorType type) => type switch
    {
        TensorType.F32 => (1, BlockSizeBytes.F32),
        TensorType.F16 => (1, BlockSizeBytes.F16),
        TensorType.BF16 => (1, BlockSizeBytes.BF16),
        TensorType.I8 or TensorType.U8 => (1, 1),
        TensorType.I16 => (1, 2),
        TensorType.I32 => (1, 4),
        TensorType.I64 or TensorType.F64 => (1, 8),
        TensorType.Q4_0 => (32, BlockSizeBytes.Q4_0),
        TensorType.Q4_1 => (32, BlockSizeBytes.Q4_1),
        TensorType.Q5_0 => (32, BlockSizeBytes.Q5_0),
        TensorType.Q5_1 => (32, BlockSizeBytes.Q5_1),
        TensorType.Q8_0 => (32, BlockSizeBytes.Q8_0),
        TensorType.Q2_K => (256, BlockSizeBytes.Q2_K),
        TensorType.Q3_K => (256, BlockSizeBytes.Q3_K),
        TensorType.Q4_K => (256, BlockSizeBytes.Q4_K),
        TensorType.Q5_K => (256, BlockSizeBytes.Q5_K),
        TensorType.Q6_K => (256, BlockSizeBytes.Q6_K),
        TensorType.Q8_K => (256, BlockSizeBytes.Q8_K),
        TensorType.IQ4_NL => (32, BlockSizeBytes.IQ4_NL),
        TensorType.IQ4_XS => (256, BlockSizeBytes.IQ4_XS),
        TensorType.IQ3_XXS => (256, BlockSizeBytes.IQ3_XXS),
        TensorType.IQ3_S => (256, BlockSizeBytes.IQ3_S),
        TensorType.IQ2_XXS => (256, BlockSizeBytes.IQ2_XXS),
        TensorType.IQ2_XS => (256, BlockSizeBytes.IQ2_XS),
        TensorType.IQ2_S => (256, BlockSizeBytes.IQ2_S),
        TensorType.IQ1_S => (256, BlockSizeBytes.IQ1_S),
        TensorType.IQ1_M => (256, BlockSizeBytes.IQ1_M),
        TensorType.TQ1_0 => (256, BlockSizeBytes.TQ1_0),
        TensorType.TQ2_0 => (256, BlockSizeBytes.TQ2_0),
        TensorType.MXFP4 => (32, BlockSizeBytes.MXFP4),
        TensorType.NVFP4 => (64, BlockSizeBytes.NVFP4),
        TensorType.Q1_0 => (128, BlockSizeBytes.Q1_0),
        TensorType.Q2_0 => (64, BlockSizeBytes.Q2_0),
        _ => default,
    };
}
