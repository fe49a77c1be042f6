using System.Numerics.Tensors;
using Winnow.Attention;
using Winnow.Attention.Delta;
using Winnow.Calibration;
using Winnow.Cli;
using Winnow.Cli.Chat;
using Winnow.Compute;
using Winnow.Generation;
using Winnow.Lab.Calibration;
using Winnow.Lab.Calibration.Delta;
using Winnow.Tests.Attention;
using Winnow.Tests.Formats;

namespace Winnow.Tests.Calibration;

/// <summary>How the layers that select are found, and that the method takes them.</summary>
public class DeltaCalibratorTests
{
    [Fact]
    public void Those_layers_are_chosen_on_whose_pages_the_others_find_most()
    {
        // Layer 4 looks far and finds it only on its own pages; layer 6 finds nearly all on those of layer 5.
        double[,] found = new double[7, 7];
        for (int publisher = 0; publisher < 7; publisher++)
        {
            for (int reader = publisher; reader < 7; reader++)
            {
                found[publisher, reader] = publisher == reader ? 1 : 0.8;
            }
        }

        for (int publisher = 0; publisher < 4; publisher++)
        {
            found[publisher, 4] = 2;
        }

        found[4, 4] = 9;
        (found[5, 6], found[6, 6]) = (7, 7.1);
        Assert.Equal([0, 4, 5], DeltaCalibrator.Choose(found, dense: 3));
        // What layers 2 and 3 look for is found on the pages of layer 1 alone.
        found[0, 2] = found[0, 3] = 0;
        (found[1, 2], found[1, 3]) = (5, 5);
        Assert.Equal([0, 1, 4], DeltaCalibrator.Choose(found, dense: 3));
    }

    [Fact]
    public void Maps_add_up_what_a_layer_looks_at_on_the_far_pages_of_another()
    {
        DeltaAttention options = new() { Page = 8, Pages = 5, Recent = 2 };
        AttentionShape[] shapes = [.. Enumerable.Repeat(new AttentionShape(4, 2, 16, 0.25f), 3)];
        DeltaMaps maps = new(options, new AttentionLayers(shapes));
        using AttentionRig rig = new(new AttentionOptions { Decode = new DeltaCalibrator.Probe(maps) }, shapes);
        double[,] expected = new double[3, 3];
        double[] shift = new double[3];
        rig.Prompt(100);
        for (int step = 0; step < 3; step++)
        {
            rig.Step();
            int length = rig.Length;
            int pages = (length + 7) / 8;
            double[][] max = [.. Enumerable.Range(0, 3).Select(layer => rig.MaxProbabilities(layer, length - 1, Enumerable.Range(0, 4)))];
            for (int publisher = 0; publisher < 3; publisher++)
            {
                int[] far = [.. Enumerable.Range(0, pages - 2).OrderByDescending(page => max[publisher].Skip(page * 8).Take(8).Sum()).Take(3).Where(page => page > 0)];
                for (int reader = publisher; reader < 3; reader++)
                {
                    for (int head = 0; head < 4; head++)
                    {
                        double[] probabilities = rig.Probabilities(reader, length - 1, head);
                        expected[publisher, reader] += far.Sum(page => probabilities.Skip(page * 8).Take(8).Sum());
                    }
                }

                shift[publisher] += publisher == 0 ? 0 : (1 - TensorPrimitives.CosineSimilarity<double>(max[publisher - 1], max[publisher])) / 3;
            }
        }

        Assert.Equal(3, maps.Steps);
        for (int publisher = 0; publisher < 3; publisher++)
        {
            Assert.Equal(shift[publisher], maps.Shift[publisher], 1e-5);
            for (int reader = publisher; reader < 3; reader++)
            {
                Assert.Equal(expected[publisher, reader], maps.Found[publisher, reader], 1e-5);
            }
        }
    }

    [Fact]
    public void A_calibrated_model_selects_in_the_layers_that_were_found_and_calibrates_alike_again()
    {
        using TemporaryFolder folder = new();
        string path = folder.PathOf("lab.winnow");
        using Engine engine = Engine.Load(BundledModel.Find(), new EngineOptions { Threads = 2 });
        CalibrationOptions options = new() { Corpus = [ExampleDocument.Create(31, 6000).Text], Methods = ["delta"], MaxTokens = 12 * 1400 };
        Calibrator.Run(engine, options, path);
        using CalibrationFile file = CalibrationFile.Open(path, engine.Model.Identity);
        IReadOnlyList<int> chosen = file.Sections["delta"].Integers("select")!;
        Assert.Equal(DeltaAttention.DenseLayers(engine.Model.Layers), chosen[0] + chosen.Count);

        using Engine calibrated = Engine.Load(BundledModel.Find(), new EngineOptions { Threads = 2, CalibrationPath = path });
        using Session session = calibrated.CreateSession(new SessionOptions { Attention = AttentionOptions.Parse("delta:budget=64") });
        session.Prefill([.. Enumerable.Range(0, 200).Select(i => 300 + i)]);
        session.Diagnostics.Step(300);
        Assert.Equal(chosen, Enumerable.Range(0, engine.Model.Layers).Where(layer => session.Diagnostics.AttentionStatistics.RefreshesOf(layer) == 1));

        string again = folder.PathOf("again.winnow");
        Calibrator.Run(engine, options, again);
        Assert.Equal(File.ReadAllBytes(path), File.ReadAllBytes(again));
    }
}
