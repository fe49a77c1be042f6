using Winnow.Calibration;
using Winnow.Cli;
using Winnow.Cli.Chat;
using Winnow.Generation;
using Winnow.Lab.Calibration;
using Winnow.Retrieval.Features;
using Winnow.Tests.Formats;

namespace Winnow.Tests.Calibration;

/// <summary>The whole calibration in small: few questions, few steps.</summary>
public sealed class S3CalibratorTests : IDisposable
{
    private static readonly CalibrationOptions Small = new()
    {
        Corpus = [ExampleDocument.Create(41, characters: 30_000).Text],
        Methods = ["s3"],
        MaxTokens = 1200,
        S3 = new S3Training { Expansion = 2, Active = 4, Steps = 30 },
    };

    private readonly TemporaryFolder _folder = new();
    private readonly Engine _engine = Engine.Load(BundledModel.Find(), new EngineOptions { Threads = 2 });

    public void Dispose()
    {
        _engine.Dispose();
        _folder.Dispose();
    }

    [Fact]
    public void An_interrupted_calibration_goes_on_and_ends_as_one_that_was_not()
    {
        string whole = _folder.PathOf("whole.winnow");
        string resumed = _folder.PathOf("resumed.winnow");
        List<string> all = [];
        Calibrator.Run(_engine, Small, whole, new Callback(progress => all.Add(progress.Activity)));

        using CancellationTokenSource cancellation = new();
        HashSet<string> heads = [];
        Assert.Throws<OperationCanceledException>(() => Calibrator.Run(_engine, Small, resumed, new Callback(progress =>
        {
            if (progress.Activity.StartsWith("head ", StringComparison.Ordinal) && heads.Add(progress.Activity.Split(':')[0]) && heads.Count == 3)
            {
                cancellation.Cancel();
            }
        }), cancellation.Token));
        using (ModelCalibration partial = ModelCalibration.Load(_engine.Model.Identity, resumed))
        {
            Assert.Null(FeatureModel.Find(partial, _engine.Model));
        }

        List<string> rest = [];
        Calibrator.Run(_engine, Small, resumed, new Callback(progress => rest.Add(progress.Activity)));
        Assert.DoesNotContain(rest, activity => activity.StartsWith("looking", StringComparison.Ordinal));
        Assert.True(rest.Count(activity => activity.StartsWith("head ", StringComparison.Ordinal)) < all.Count(activity => activity.StartsWith("head ", StringComparison.Ordinal)));
        using ModelCalibration complete = ModelCalibration.Load(_engine.Model.Identity, whole);
        FeatureModel model = FeatureModel.Find(complete, _engine.Model)!;
        Assert.InRange(model.Autoencoders.Count, 1, 4);
        Assert.All(model.Autoencoders, autoencoder => Assert.Equal((128, 4, 64), (autoencoder.Latents, autoencoder.Active, autoencoder.Width)));
        Assert.All(model.Autoencoders, autoencoder => Assert.Equal(128 * 64, autoencoder.Encoder.Length));
    }

    [Fact]
    public void The_bundled_calibration_fits_the_bundled_model_and_is_small()
    {
        FeatureModel model = FeatureModel.Find(_engine.Calibration, _engine.Model)!;
        Assert.NotEmpty(model.Autoencoders);
        Assert.InRange(new FileInfo(_engine.Calibration.Path!).Length, 1, 8 << 20);
    }

    private sealed class Callback(Action<CalibrationProgress> report) : IProgress<CalibrationProgress>
    {
        public void Report(CalibrationProgress value) => report(value);
    }
}
