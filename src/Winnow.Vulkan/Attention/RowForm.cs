using Winnow.Tensors;

namespace Winnow.Vulkan.Attention;

/// <summary>How rows of keys or values are stored, and what their addresses are multiples of: numbers of <c>decode_rows.glsl</c>.</summary>
internal enum RowForm : uint
{
    /// <summary>F32 at multiples of 16.</summary>
    F32,

    /// <summary>F16 at multiples of 8.</summary>
    F16,

    /// <summary>Q8_0.</summary>
    Q8_0,

    /// <summary>F32 at even addresses.</summary>
    F32Even,

    /// <summary>F16 at even addresses.</summary>
    F16Even,

    /// <summary>BF16.</summary>
    BF16,

    /// <summary>Q4_0.</summary>
    Q4_0,
}

/// <summary>Finds the form of rows.</summary>
internal static class RowForms
{
    /// <summary>The form that fits.</summary>
    /// <param name="type">How elements are stored.</param>
    /// <param name="elements">Elements of a row.</param>
    /// <param name="addresses">All addresses and distances that a row's address is made of, joined by or.</param>
    public static RowForm Find(TensorType type, int elements, ulong addresses) => type switch
    {
        TensorType.F32 => elements % 4 == 0 && addresses % 16 == 0 ? RowForm.F32 : RowForm.F32Even,
        TensorType.F16 => elements % 4 == 0 && addresses % 8 == 0 ? RowForm.F16 : RowForm.F16Even,
        TensorType.Q8_0 => RowForm.Q8_0,
        TensorType.BF16 => RowForm.BF16,
        TensorType.Q4_0 => RowForm.Q4_0,
        _ => throw new ArgumentOutOfRangeException(nameof(type), type, "keys and values are F32, F16, BF16, Q8_0 or Q4_0"),
    };
}
