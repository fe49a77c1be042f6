using Winnow.Compute;

namespace Winnow.Models.Config;

/// <summary>The mixture of experts that stands in for feed-forward blocks.</summary>
/// <param name="Count">Experts of a layer.</param>
/// <param name="FeedForwardSize">The inner width of an expert.</param>
/// <param name="Router">How a token chooses among them.</param>
internal sealed record ExpertConfig(int Count, int FeedForwardSize, ExpertRouter Router)
{
    /// <summary>The inner width of the expert that every token takes besides; 0 where there is none.</summary>
    public int SharedSize { get; init; }
}
