using System.Globalization;

namespace Winnow.Compute.Host.Selection;

/// <summary>The second moments of queries have no factor: the model computes NaN or infinities.</summary>
internal sealed class NotPositiveDefiniteException(int row, double pivot) : WinnowException(string.Create(
    CultureInfo.InvariantCulture, $"the queries of the model have no codebook (pivot {row} of their moments is {pivot}): it computes what is no number"));
