namespace Winnow.Models.Config;

/// <summary>Factors of a layer whose residual stream is what its blocks read, normalised (MiniMax): x = norm(x); x = stream · x + block · f(x).</summary>
/// <param name="MixerStream">Of the stream beside attention, or what stands in its place.</param>
/// <param name="MixerBlock">Of its result.</param>
/// <param name="FeedForwardStream">Of the stream beside the feed-forward block.</param>
/// <param name="FeedForwardBlock">Of its result.</param>
internal sealed record ResidualFactors(float MixerStream, float MixerBlock, float FeedForwardStream, float FeedForwardBlock);
