namespace Winnow.Compute;

/// <summary>Is told, once a device knows it, what the plan of a decode step came to.</summary>
internal interface IPlanCounter
{
    /// <summary>Counts a layer's step.</summary>
    /// <param name="layer">The layer.</param>
    /// <param name="attended">Rows read, summed over KV heads.</param>
    /// <param name="dense">Rows that full attention would have read.</param>
    /// <param name="isSelection">Whether chosen rows were read instead of all.</param>
    /// <param name="isRefresh">Whether the attention was looked at to choose rows anew.</param>
    void Count(int layer, long attended, long dense, bool isSelection, bool isRefresh);
}
