namespace Winnow.Compute;

/// <summary>Where a page of keys and values lies.</summary>
/// <param name="Buffer">The device memory that holds it, often together with other pages.</param>
/// <param name="OffsetBytes">Where it begins in there.</param>
internal readonly record struct KvPage(DeviceBuffer Buffer, long OffsetBytes);
