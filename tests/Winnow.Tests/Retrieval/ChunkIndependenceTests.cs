using Winnow.Cli;
using Winnow.Generation;
using Winnow.Lab.Calibration;
using Winnow.Retrieval.Features;

namespace Winnow.Tests.Retrieval;

/// <summary>S³-Attention, section 4: a chunk that does not see the ones before it has nearly the features that it would have with them.</summary>
public sealed class ChunkIndependenceTests
{
    private const int Tokens = 4096;

    [Fact]
    public void The_longer_a_chunk_the_closer_its_features_are_to_those_of_the_whole_text()
    {
        using Engine engine = Engine.Load(BundledModel.Find());
        FeatureModel model = FeatureModel.Find(engine.Calibration, engine.Model)!;
        int[] ids = engine.Tokenizer.Encode(CalibrationText.Create(40_000))[..Tokens];
        int[][] whole = Features(engine, model, ids, Tokens);
        double[] jaccard = [.. new[] { 256, 512, 1024, 2048 }.Select(chunk => Jaccard(Features(engine, model, ids, chunk), whole, model))];
        TestContext.Current.TestOutputHelper!.WriteLine(string.Join(' ', jaccard.Select(value => value.ToString("F3", null))));
        Assert.Equal(jaccard.Order(), jaccard);
        Assert.True(jaccard[0] > 0.65, $"{jaccard[0]:F3} of the features of chunks of 256 tokens are those of the whole text");
        Assert.True(jaccard[^1] > 0.9, $"{jaccard[^1]:F3} of the features of chunks of 2048 tokens are those of the whole text");
    }

    private static int[][] Features(Engine engine, FeatureModel model, int[] ids, int chunk)
    {
        int[][] all = [.. model.Autoencoders.Select(autoencoder => new int[ids.Length * autoencoder.Active])];
        using KeyScan scan = new(engine, model.Autoencoders, ofQueries: false, chunk);
        scan.Run(
            ids,
            (first, count, offset, observer) =>
            {
                for (int i = 0; i < all.Length; i++)
                {
                    int active = model.Autoencoders[i].Active;
                    observer.Features[i].AsSpan(offset * active, count * active).CopyTo(all[i].AsSpan(first * active));
                }
            },
            CancellationToken.None);
        return all;
    }

    /// <summary>Mean over tokens and autoencoders of |intersection| / |union| of their features.</summary>
    private static double Jaccard(int[][] some, int[][] others, FeatureModel model)
    {
        double sum = 0;
        int sets = 0;
        for (int i = 0; i < some.Length; i++)
        {
            int active = model.Autoencoders[i].Active;
            for (int first = 0; first < some[i].Length; first += active)
            {
                int common = some[i][first..(first + active)].Intersect(others[i][first..(first + active)]).Count();
                sum += (double)common / ((2 * active) - common);
                sets++;
            }
        }

        return sum / sets;
    }
}
