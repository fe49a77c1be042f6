namespace Winnow.Compute;

/// <summary>What a method keeps beside the rows of each page: short keys, means. It goes wherever the page goes: to forks, copies and files.</summary>
/// <param name="Name">What it is called.</param>
/// <param name="PageBytes">Bytes for each page; whoever uses them says what they mean.</param>
internal sealed record KvPlane(string Name, int PageBytes);
