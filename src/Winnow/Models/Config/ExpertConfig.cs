namespace Winnow.Models.Config;

/// <summary>The mixture of experts that stands in for feed-forward blocks.</summary>
/// <param name="Count">Experts of a layer.</param>
/// <param name="Used">Experts that each token takes.</param>
/// <param name="FeedForwardSize">The inner width of an expert.</param>
/// <param name="NormalizesWeights">Whether the weights of the experts taken are divided by their sum.</param>
internal sealed record ExpertConfig(int Count, int Used, int FeedForwardSize, bool NormalizesWeights);
