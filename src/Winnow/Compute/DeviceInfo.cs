namespace Winnow.Compute;

/// <summary>Something that could compute here.</summary>
/// <param name="Name">How it is chosen: <c>cpu</c>, <c>vulkan:0</c>.</param>
/// <param name="Description">What it is, for people.</param>
/// <param name="Refusal">Why it cannot be used; null where it can.</param>
public sealed record DeviceInfo(string Name, string Description, string? Refusal = null)
{
    /// <summary>What else is known of it, in the order in which it should be shown: instruction set, threads, driver, memory.</summary>
    public IReadOnlyList<KeyValuePair<string, string>> Details { get; init; } = [];
}
