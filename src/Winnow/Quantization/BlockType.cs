using Winnow.Quantization.Layouts;
using Winnow.Tensors;

namespace Winnow.Quantization;

/// <summary>
/// All that the engine knows of one type of weights beside its <see cref="TensorTypeExtensions">geometry</see>: a row of
/// <see cref="BlockTypes"/>.
/// </summary>
/// <param name="type">The type.</param>
/// <param name="decode">Blocks to values; the spans hold the same whole number of blocks.</param>
/// <param name="encode">Values, and their importances or none, to blocks; null where the type is only read.</param>
/// <param name="visit">Hands the type's layout to a visitor: a method of <see cref="Layout"/>.</param>
internal sealed unsafe class BlockType(
    TensorType type,
    delegate*<ReadOnlySpan<byte>, Span<float>, void> decode,
    delegate*<ReadOnlySpan<float>, ReadOnlySpan<float>, Span<byte>, void> encode,
    delegate*<ILayoutVisitor, void> visit)
{
    public TensorType Type { get; } = type;

    /// <summary>Whether <see cref="Encode"/> may be called.</summary>
    public bool CanEncode { get; } = encode != null;

    /// <summary>Blocks to values; the spans hold the same whole number of blocks.</summary>
    public void Decode(ReadOnlySpan<byte> source, Span<float> destination) => decode(source, destination);

    /// <summary>Values, and importances or none, to blocks; the spans hold the same whole number of blocks.</summary>
    public void Encode(ReadOnlySpan<float> source, ReadOnlySpan<float> importance, Span<byte> destination) =>
        encode(source, importance, destination);

    /// <summary>Calls the method of the visitor that takes this type's layout.</summary>
    public void Visit(ILayoutVisitor visitor) => visit(visitor);
}
