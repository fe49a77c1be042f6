using Winnow.Attention;
using Winnow.Calibration;
using Winnow.Cli;
using Winnow.Cli.Chat;
using Winnow.Generation;
using Winnow.Lab.Calibration;
using Winnow.Tests.Cli;
using Winnow.Tests.Formats;
using Winnow.Tests.Models;

namespace Winnow.Tests.Calibration;

/// <summary>Where values come from: the user, then the model's calibration file, then the paper. And what is said where there is no such file.</summary>
public sealed class TuningTests : IDisposable
{
    private static readonly Engine Bundled = Engine.Load(BundledModel.Find(), new EngineOptions { Threads = 2 });

    private readonly TemporaryFolder _folder = new();
    private readonly string _path;

    public TuningTests()
    {
        _path = _folder.PathOf("lab.winnow");
        CalibrationFile.Write(_path, Bundled.Model.Identity, new Dictionary<string, CalibrationSectionDraft>());
    }

    public void Dispose() => _folder.Dispose();

    [Theory]
    [InlineData("recycled:k=64", "recycled:k=64,pool=31", "recycled:k=64,pool=7")]
    [InlineData("delta:page=4,pages=16", "delta:page=4,pages=16,select=1/7", "delta:page=4,pages=16,select=1/6")]
    [InlineData("a2ats:codebook=online,centroids=16", "a2ats:codebook=online,centroids=16,rho=0.04815967725673653,window=256,far=4096", "a2ats:codebook=online,centroids=16,rho=0.03,window=64,far=2048")]
    [InlineData("token-sparse:from=0,layers=8-10", "token-sparse:from=0,layers=8-10,tau=0.05,part=0.25", "token-sparse:from=0,layers=8-10,tau=0.005,min=1024")]
    [InlineData("token-sparse:from=0,tau=0.3,min=200", "token-sparse:from=0,tau=0.3,min=200,part=0", "token-sparse:from=0,tau=0.3,min=200,layers=6-11")]
    public void The_bundled_model_has_its_own_values_and_another_one_the_papers(string specification, string tuned, string paper)
    {
        Assert.Equal(Answers(Bundled, tuned), Answers(Bundled, specification));
        using Engine untuned = Load();
        Assert.Equal(Answers(untuned, paper), Answers(untuned, specification));
        Assert.NotEqual(Answers(untuned, tuned + (specification.Contains("min=200", StringComparison.Ordinal) ? ",layers=8-10" : "")), Answers(untuned, specification));
    }

    [Fact]
    public void What_a_user_sets_counts_more_than_what_was_tuned() =>
        Assert.NotEqual(Answers(Bundled, "recycled:k=64"), Answers(Bundled, "recycled:k=64,pool=7"));

    [Fact]
    public void The_bundled_model_keeps_what_it_was_given_before_there_was_a_place_for_it()
    {
        AttentionTuning tuning = TuningSection.Of(Bundled.Calibration);
        Assert.Equal(
            AttentionOptions.Parse("a2ats:rho=0.04815967725673653,window=256,far=4096"), AttentionOptions.Parse("a2ats").Tuned(tuning));
        Assert.Equal(0.094, Winnow.Attention.A2ats.HeadBudgets.Reads(0.04815967725673653, groupSize: 2), 1e-12);
        Assert.Equal(AttentionOptions.Parse("recycled:pool=31"), AttentionOptions.Parse("recycled").Tuned(tuning));
        Assert.Equal(AttentionOptions.Parse("token-sparse:tau=0.05,part=0.25"), AttentionOptions.Parse("token-sparse").Tuned(tuning));
        Assert.DoesNotContain("tuning", Bundled.Calibration.Methods);
    }

    [Fact]
    public void Calibrating_a_method_keeps_what_was_tuned_and_tuning_one_keeps_the_others()
    {
        Tune("a2ats:window=200,far=99", "recycled:pool=9");
        Calibrator.Run(Bundled, new CalibrationOptions { Corpus = ["The ship lay at anchor in the bay."], Methods = ["token-sparse"], MaxTokens = 64 }, _path);
        Assert.Equal("a2ats:window=200,sink=8,far=99", TunedText("a2ats"));
        Assert.Equal(AttentionOptions.Parse("recycled:pool=9"), AttentionOptions.Parse(TunedText("recycled")));

        Tune("a2ats:rho=0.2");
        Assert.Equal("a2ats:rho=0.2,sink=8", TunedText("a2ats"));
        Tune("recycled");
        Assert.Equal(AttentionOptions.Parse("recycled").ToString(), TunedText("recycled"));
        Assert.Equal("a2ats:rho=0.2,sink=8", TunedText("a2ats"));
        using Engine engine = Load();
        Assert.Equal(["token-sparse"], engine.Calibration.Methods);
    }

    [Theory]
    [InlineData("recycled:k=5", "pool of recycled")]
    [InlineData("s3:budget=0.5", "pool of recycled")]
    [InlineData("a2ats:window=0", "window=0")]
    [InlineData("nonsense:window=5", "nonsense")]
    public void What_cannot_be_tuned_is_refused(string specification, string reason)
    {
        byte[] before = File.ReadAllBytes(_path);
        Assert.Contains(reason, Assert.Throws<InvalidOptionException>(() => Tune(specification)).Message, StringComparison.Ordinal);
        Assert.Equal(before, File.ReadAllBytes(_path));
        Assert.Equal(2, WinnowProcess.Run(["calibrate", "--tune", specification, "-o", _path]).ExitCode);
    }

    [Fact]
    public void A_file_with_a_value_that_cannot_be_is_named()
    {
        CalibrationSectionDraft section = new() { Settings = { ["methods"] = new System.Text.Json.Nodes.JsonArray("recycled:pool=2") } };
        CalibrationFile.Write(_path, Bundled.Model.Identity, new Dictionary<string, CalibrationSectionDraft> { ["tuning"] = section });
        using Engine engine = Load();
        string message = Assert.Throws<WinnowException>(
            () => engine.CreateSession(new SessionOptions { Attention = AttentionOptions.Parse("recycled") })).Message;
        Assert.StartsWith($"{_path}: ", message, StringComparison.Ordinal);
        Assert.Contains("pool=2", message, StringComparison.Ordinal);
        engine.CreateSession().Dispose();
    }

    [Theory]
    [InlineData("a2ats", 1)]
    [InlineData("delta", 1)]
    [InlineData("token-sparse", 1)]
    [InlineData("s3", 1)]
    [InlineData("s3+token-sparse+a2ats", 3)]
    [InlineData("full", 0)]
    [InlineData("recycled", 0)]
    [InlineData("snapkv", 0)]
    [InlineData("a2ats:codebook=online", 0)]
    [InlineData("delta:select=1/7", 0)]
    [InlineData("token-sparse:layers=8", 0)]
    public void A_method_that_runs_uncalibrated_is_told_with_the_command_that_helps(string specification, int notes)
    {
        AttentionOptions attention = AttentionOptions.Parse(specification);
        using Engine engine = Load();
        Assert.Equal(notes, engine.NotesFor(attention).Count);
        string[] methods = [.. specification.Split('+').Take(notes)];
        Assert.All(methods.Zip(engine.NotesFor(attention)), item =>
        {
            Assert.StartsWith($"{item.First} runs uncalibrated on this model: ", item.Second, StringComparison.Ordinal);
            Assert.EndsWith($"winnow calibrate -m {engine.Model.Path} -f CORPUS --methods {item.First}", item.Second, StringComparison.Ordinal);
        });
        Assert.Empty(Bundled.NotesFor(attention));
    }

    [Fact]
    public void The_command_says_it_once()
    {
        string[] bench = ["bench", "-p", "8,16", "-n", "4", "-r", "1", "--attention", "a2ats;full;delta", "--json"];
        string[] lines = WinnowProcess.Run([.. bench, "-m", TinyModels.Path("llama")]).Errors.Split('\n', StringSplitOptions.RemoveEmptyEntries);
        Assert.Equal(2, lines.Count(line => line.StartsWith("note: ", StringComparison.Ordinal)));
        Assert.Single(lines, line => line.StartsWith("note: a2ats runs uncalibrated", StringComparison.Ordinal));
        Assert.DoesNotContain("note: ", WinnowProcess.Run(bench).Errors, StringComparison.Ordinal);
    }

    /// <summary>The model without anything that was calibrated or tuned, or with what the test wrote.</summary>
    private Engine Load() => Engine.Load(BundledModel.Find(), new EngineOptions { Threads = 2, CalibrationPath = _path });

    private void Tune(params string[] specifications) =>
        Calibrator.Run(Bundled, new CalibrationOptions { Methods = [], Tuning = specifications }, _path);

    private string TunedText(string specification)
    {
        using Engine engine = Load();
        return AttentionOptions.Parse(specification).Tuned(TuningSection.Of(engine.Calibration)).ToString();
    }

    /// <summary>Logits after a prompt and some steps: equal bits, equal rows.</summary>
    private static float[] Answers(Engine engine, string specification)
    {
        // Token-sparse attention keeps 1024 tokens and a window, and online codebooks need as many.
        int length = specification[0] is 'r' or 'd' ? 500 : 1250;
        int[] ids = [.. engine.Tokenizer.Encode(ExampleDocument.Create(9).Text, addSpecial: true).Take(length + 4)];
        using Session session = engine.CreateSession(new SessionOptions { Attention = AttentionOptions.Parse(specification) });
        session.Prefill(ids[..length]);
        return [.. ids[length..].SelectMany(id => session.Diagnostics.Step(id).ToArray())];
    }
}
