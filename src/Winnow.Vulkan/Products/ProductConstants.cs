namespace Winnow.Vulkan.Products;

/// <summary>Push constants of <c>product_vector.comp</c>, and with the last two those of <c>product_matrix.comp</c>.</summary>
/// <param name="Weight">The weight, or the first expert.</param>
/// <param name="Input">[rows, inputs].</param>
/// <param name="Output">[rows, outputs].</param>
/// <param name="Routing">With experts: the expert of each row (vector), or the rows of each expert (matrix).</param>
/// <param name="ExpertBytes">From one expert to the next.</param>
/// <param name="Inputs">Columns of the weight.</param>
/// <param name="Outputs">Rows of the weight.</param>
/// <param name="Rows">Rows of the output.</param>
/// <param name="RowBytes">Bytes of a row of the weight.</param>
/// <param name="InputStride">Elements from one row of the input to the next.</param>
/// <param name="OutputStride">Elements from one row of the output to the next.</param>
/// <param name="RowsPerInput">With experts: how many neighbouring rows of the output belong to a row of the input.</param>
/// <param name="Scale">What the product is multiplied with where it is added to the output.</param>
/// <param name="ListCapacity">Rows that an expert's list has room for.</param>
/// <param name="Experts">How many lists there are.</param>
internal readonly record struct ProductConstants(
    ulong Weight,
    ulong Input,
    ulong Output,
    ulong Routing,
    ulong ExpertBytes,
    uint Inputs,
    uint Outputs,
    uint Rows,
    uint RowBytes,
    uint InputStride,
    uint OutputStride,
    uint RowsPerInput,
    float Scale,
    uint ListCapacity,
    uint Experts);
