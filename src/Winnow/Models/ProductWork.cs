using Winnow.Tensors;

namespace Winnow.Models;

/// <summary>The products with weights of one type that a token needs.</summary>
/// <param name="Type">How the weights are stored.</param>
/// <param name="MultiplyAdds">Multiply-adds: elements of the weights, of experts those that a token takes.</param>
/// <param name="SizeBytes">Bytes of these weights.</param>
internal readonly record struct ProductWork(TensorType Type, double MultiplyAdds, double SizeBytes)
{
    /// <summary>The work of weights, one entry for each type.</summary>
    public static IReadOnlyList<ProductWork> Of(IEnumerable<(TensorType Type, int Outputs, int Inputs, double Share)> weights) =>
    [
        .. weights.GroupBy(item => item.Type).Select(group => new ProductWork(
            group.Key,
            group.Sum(item => item.Share * item.Outputs * item.Inputs),
            group.Sum(item => item.Share * item.Outputs * item.Type.SizeBytes(item.Inputs)))),
    ];
}
