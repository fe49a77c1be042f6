using Winnow.Retrieval.Search;

namespace Winnow.Tests.Retrieval;

/// <summary>Features that a question might have.</summary>
internal static class Questions
{
    public static QuestionFeatures Random(int seed, int count) => QuestionFeatures.Create(
        [.. Enumerable.Range(0, SyntheticIndex.Autoencoders).Select(i => Draw(new Random(seed + i), count))]);

    public static QuestionFeatures All() => QuestionFeatures.Create(
        [.. Enumerable.Range(0, SyntheticIndex.Autoencoders).Select(_ => Enumerable.Range(0, SyntheticIndex.Latents).ToDictionary(feature => feature, feature => 1f + feature))]);

    private static Dictionary<int, float> Draw(Random random, int count) =>
        Enumerable.Range(0, SyntheticIndex.Latents).OrderBy(_ => random.Next()).Take(count).ToDictionary(feature => feature, _ => random.NextSingle() + 0.1f);
}
