using Winnow.Attention.A2ats;
using Winnow.Calibration;
using Winnow.Cli;
using Winnow.Compute;
using Winnow.Formats;
using Winnow.Generation;
using Winnow.Lab.Calibration;
using Winnow.Lab.Calibration.A2ats;
using Winnow.Models.Forward;
using Winnow.Retrieval.Features;
using Winnow.Tests.Formats;

namespace Winnow.Tests.Calibration;

public sealed class CalibrationTests : IDisposable
{
    private const string Corpus = "The ship lay at anchor in the bay, and the captain walked the deck until the morning came. ";

    private readonly TemporaryFolder _folder = new();
    private readonly string _path;
    private readonly Engine _engine = Engine.Load(BundledModel.Find());

    public CalibrationTests()
    {
        _path = _folder.PathOf("lab.winnow");
    }

    public void Dispose()
    {
        _engine.Dispose();
        _folder.Dispose();
    }

    [Fact]
    public void A_section_survives_when_another_method_is_calibrated()
    {
        CalibrationSectionDraft other = new() { Settings = { ["layers"] = new System.Text.Json.Nodes.JsonArray(3, 5) } };
        other.Set("table", [1f, 2f, 3f, 4f], 2, 2);
        CalibrationFile.Write(_path, _engine.Model.Identity, new Dictionary<string, CalibrationSectionDraft> { ["other"] = other });
        Calibrator.Run(_engine, new CalibrationOptions { Corpus = [Corpus], Methods = ["token-sparse"], MaxTokens = 512 }, _path);

        using CalibrationFile file = CalibrationFile.Open(_path, _engine.Model.Identity);
        Assert.Equal(["other", "token-sparse"], file.Sections.Keys.Order());
        Assert.Equal([3, 5], file.Sections["other"].Integers("layers")!);
        Assert.Equal([1f, 2f, 3f, 4f], file.Sections["other"].Tensor("table", 2, 2).ToSingles());
        Assert.Throws<WinnowException>(() => file.Sections["other"].Tensor("table", 4));
        Assert.Throws<WinnowException>(() => file.Sections["other"].Tensor("absent", 4));
    }

    [Fact]
    public void Codebooks_are_the_same_for_the_same_corpus_and_a_second_run_goes_on_behind_the_finished_layers()
    {
        CalibrationOptions options = new() { Corpus = [Corpus + Corpus + Corpus], Methods = ["a2ats"], MaxTokens = 120, Centroids = 16 };
        Calibrator.Run(_engine, options, _path);
        byte[] whole = File.ReadAllBytes(_path);
        Dictionary<string, CalibrationSectionDraft> sections;
        using (CalibrationFile file = CalibrationFile.Open(_path, _engine.Model.Identity))
        {
            Assert.Equal(_engine.Model.Layers, file.Sections["a2ats"].Settings["layers"]!.GetValue<int>());
            sections = file.Sections.ToDictionary(section => section.Key, section => CalibrationSectionDraft.Copy(section.Value));
        }

        // As if the first run had ended after seven layers.
        sections["a2ats"].Settings["layers"] = 7;
        CalibrationFile.Write(_path, _engine.Model.Identity, sections);
        using (Engine unfinished = Engine.Load(BundledModel.Find(), new EngineOptions { CalibrationPath = _path }))
        {
            Assert.Throws<WinnowException>(() => unfinished.CreateSession(new SessionOptions { Attention = AttentionOptions.Parse("a2ats") }));
        }

        List<string> activities = [];
        Calibrator.Run(_engine, options, _path, new Recorder<CalibrationProgress>(p => activities.Add(p.Activity)));
        Assert.Contains("codebooks of layer 7", activities);
        Assert.DoesNotContain("codebooks of layer 6", activities);
        Assert.Equal(whole, File.ReadAllBytes(_path));
    }

    [Fact]
    public void A_finished_calibration_stays_in_use_until_the_next_one_is_finished()
    {
        CalibrationOptions options = new() { Corpus = [Corpus + Corpus + Corpus], Methods = ["a2ats"], MaxTokens = 120, Centroids = 16 };
        Calibrator.Run(_engine, options, _path);
        using CancellationTokenSource cancellation = new();
        Recorder<CalibrationProgress> interrupting = new(progress =>
        {
            if (progress.Activity == "codebooks of layer 5")
            {
                cancellation.Cancel();
            }
        });
        CalibrationOptions larger = options with { Centroids = 32 };
        Assert.Throws<OperationCanceledException>(() => Calibrator.Run(_engine, larger, _path, interrupting, cancellation.Token));
        using (Engine engine = Engine.Load(BundledModel.Find(), new EngineOptions { CalibrationPath = _path }))
        {
            Assert.Equal(["a2ats"], engine.Calibration.Methods);
            engine.CreateSession(new SessionOptions { Attention = AttentionOptions.Parse("a2ats:centroids=16") }).Dispose();
        }

        List<string> activities = [];
        Calibrator.Run(_engine, larger, _path, new Recorder<CalibrationProgress>(progress => activities.Add(progress.Activity)));
        Assert.DoesNotContain("codebooks of layer 3", activities);
        using CalibrationFile file = CalibrationFile.Open(_path, _engine.Model.Identity);
        Assert.Equal(["a2ats"], file.Sections.Keys);
        Assert.Equal(32, file.Sections["a2ats"].Settings["centroids"]!.GetValue<int>());
    }

    [Fact]
    public void Two_calibrations_at_once_keep_the_sections_of_both()
    {
        CalibrationOptions options = new() { Corpus = [Corpus + Corpus + Corpus], Methods = ["a2ats"], MaxTokens = 120, Centroids = 16 };
        bool done = false;
        Calibrator.Run(_engine, options, _path, new Recorder<CalibrationProgress>(progress =>
        {
            // In the middle of one calibration another one runs from its beginning to its end.
            if (progress.Activity == "codebooks of layer 2" && !done)
            {
                done = true;
                Calibrator.Run(_engine, new CalibrationOptions { Corpus = [Corpus], Methods = ["token-sparse"], MaxTokens = 512 }, _path);
            }
        }));
        using CalibrationFile file = CalibrationFile.Open(_path, _engine.Model.Identity);
        Assert.Equal(["a2ats", "token-sparse"], file.Sections.Keys.Order());
        Assert.Equal(["lab.winnow"], _folder.Names());
    }

    /// <summary>Beside a model a file that cannot be used is passed over, by name it is refused: in both cases when the model is loaded.</summary>
    [Theory]
    [InlineData("""{"layers":7,"layers":8}""")]
    [InlineData("""{"a":"\\ud800"}""")]
    [InlineData("""{"a":{"b":1,"b":2}}""")]
    [InlineData("[]")]
    [InlineData("null")]
    [InlineData("{")]
    public void Settings_that_no_calibrator_writes_are_refused_at_once(string settings)
    {
        WriteRaw("a2ats", settings.Replace("\\\\", "\\", StringComparison.Ordinal));
        Assert.Contains("'a2ats'", Assert.Throws<WinnowException>(() => CalibrationFile.Open(_path, _engine.Model.Identity)).Message, StringComparison.Ordinal);
    }

    [Theory]
    [InlineData("a2ats", """{"far":1.5,"layers":24}""", "a2ats")]
    [InlineData("a2ats", """{"layers":{}}""", "a2ats")]
    [InlineData("a2ats", """{"layers":"24"}""", "a2ats")]
    [InlineData("delta", """{"layers":[1.5]}""", "delta")]
    [InlineData("delta", """{"layers":[null]}""", "delta")]
    [InlineData("token-sparse", """{"layers":{}}""", "token-sparse")]
    [InlineData("token-sparse", """{"layers":[9999999999]}""", "token-sparse")]
    [InlineData("recycled", """{"heads":"x"}""", "recycled")]
    public void Settings_of_another_kind_are_a_typed_error_or_none(string section, string settings, string attention)
    {
        WriteRaw(section, settings);
        using Engine engine = Engine.Load(BundledModel.Find(), new EngineOptions { CalibrationPath = _path });
        try
        {
            engine.CreateSession(new SessionOptions { Attention = AttentionOptions.Parse(attention) }).Dispose();
        }
        catch (WinnowException)
        {
            // The message is the method's.
        }
    }

    [Theory]
    [InlineData("""{"complete":true,"active":[],"layers":[0],"heads":[0]}""", "active")]
    [InlineData("""{"complete":true,"active":[1],"layers":[0,0],"heads":[0,0]}""", "twice")]
    [InlineData("""{"complete":true,"active":[1],"layers":[0],"heads":[77]}""", "head")]
    public void A_damaged_section_of_autoencoders_is_refused(string settings, string problem)
    {
        WriteRaw("s3", settings);
        using Engine engine = Engine.Load(BundledModel.Find(), new EngineOptions { CalibrationPath = _path });
        Assert.Contains(problem, Assert.Throws<WinnowException>(() => FeatureModel.Find(engine.Calibration, engine.Model)).Message, StringComparison.Ordinal);
    }

    private void WriteRaw(string section, string settings)
    {
        using SafetensorsWriter writer = new(_path, new Dictionary<string, string>
        {
            ["winnow.calibration"] = "1",
            ["winnow.model"] = _engine.Model.Fingerprint,
            [section] = settings,
        });
        writer.Declare($"{section}.x", Winnow.Tensors.TensorType.F32, 1);
        writer.Write($"{section}.x", new byte[4]);
        writer.Complete();
    }

    [Fact]
    public void What_heads_lose_with_few_tokens_is_measured_on_questions()
    {
        string prose = string.Join("\n\n", Enumerable.Range(0, 40).Select(i => $"{Corpus}On day {i} he wrote {i * 37} lines."));
        CalibrationOptions options = new() { Corpus = [prose], MaxTokens = 560 };
        CalibrationRun run = new(_engine, "a2ats", [], options, null, _ => { }, null, CancellationToken.None);
        Calibrator.Run(_engine, options with { Methods = ["a2ats"], MaxTokens = 60, Centroids = 8 }, _path);
        using CalibrationFile file = CalibrationFile.Open(_path, _engine.Model.Identity);
        A2atsCalibration codebooks = new(CodebookFile.Read(_path, file.Sections["a2ats"].Tensors, _engine.Transformer.AttentionLayers), null, null);
        float[] losses = A2atsTrial.Measure(run, codebooks, questionCount: 1, steps: 3)!;
        Assert.Equal(_engine.Model.Layers * 4 * HeadBudgets.Levels.Count, losses.Length);
        Assert.All(losses, loss => Assert.True(loss >= 0));
        Assert.Contains(losses, loss => loss > 1e-5);

        CalibrationRun tooShort = new(_engine, "a2ats", [], options with { MaxTokens = 500 }, null, _ => { }, null, CancellationToken.None);
        Assert.Null(A2atsTrial.Measure(tooShort, codebooks));
    }

    [Fact]
    public void An_interrupted_calibration_goes_on_behind_the_methods_that_were_finished()
    {
        CalibrationOptions options = new() { Corpus = [Corpus + Corpus], Methods = ["token-sparse", "a2ats"], MaxTokens = 60, Centroids = 8 };
        using CancellationTokenSource cancellation = new();
        Assert.Throws<OperationCanceledException>(() => Calibrator.Run(
            _engine, options, _path, new Recorder<CalibrationProgress>(progress => { if (progress.Method == "a2ats") { cancellation.Cancel(); } }), cancellation.Token));

        Assert.Equal(["made already"], Activities(options));
        Assert.Equal(["made already"], Activities(options));
        Assert.DoesNotContain("made already", Activities(options with { Seed = 2 }));
        Assert.DoesNotContain("made already", Activities(options with { Seed = 2, Corpus = [Corpus] }));
        using CalibrationFile file = CalibrationFile.Open(_path, _engine.Model.Identity);
        Assert.Equal(["a2ats", "token-sparse"], file.Sections.Keys.Order());

        // What the first of the methods does.
        List<string> Activities(CalibrationOptions what)
        {
            List<string> activities = [];
            Calibrator.Run(_engine, what, _path, new Recorder<CalibrationProgress>(progress => { if (progress.Method == "token-sparse") { activities.Add(progress.Activity); } }));
            return activities;
        }
    }

    [Fact]
    public void What_heads_lose_is_not_measured_again()
    {
        CalibrationOptions options = new() { Corpus = [Corpus + Corpus], Methods = ["a2ats"], MaxTokens = 60, Centroids = 8 };
        Calibrator.Run(_engine, options, _path);
        float[] losses = [.. Enumerable.Range(0, _engine.Model.Layers * 4 * HeadBudgets.Levels.Count).Select(i => i * 0.5f)];
        Dictionary<string, CalibrationSectionDraft> sections;
        using (CalibrationFile file = CalibrationFile.Open(_path, _engine.Model.Identity))
        {
            sections = file.Sections.ToDictionary(section => section.Key, section => CalibrationSectionDraft.Copy(section.Value));
        }

        sections["a2ats"].Set(A2atsCalibration.LossesName, losses, _engine.Model.Layers, 4, HeadBudgets.Levels.Count);
        CalibrationFile.Write(_path, _engine.Model.Identity, sections);
        byte[] whole = File.ReadAllBytes(_path);
        Calibrator.Run(_engine, options, _path);
        Assert.Equal(whole, File.ReadAllBytes(_path));
    }

    [Fact]
    public void A_file_of_another_model_is_refused_by_name_and_passed_over_beside_the_model()
    {
        CalibrationFile.Write(_path, _engine.Model.Identity with { Fingerprint = "0123" }, new Dictionary<string, CalibrationSectionDraft>());
        WinnowException refusal = Assert.Throws<WinnowException>(
            () => Engine.Load(BundledModel.Find(), new EngineOptions { CalibrationPath = _path }));
        Assert.Contains("another model", refusal.Message, StringComparison.Ordinal);

        string model = _folder.PathOf("lab.gguf");
        File.Copy(BundledModel.Find(), model);
        using Engine engine = Engine.Load(model);
        Assert.Contains("another model", engine.Calibration.Problem, StringComparison.Ordinal);
        Assert.Throws<WinnowException>(() => engine.Calibration.Require("a2ats"));
    }

    [Theory]
    [InlineData("no safetensors")]
    [InlineData("")]
    public void A_damaged_file_is_refused(string content)
    {
        File.WriteAllText(_path, content);
        Assert.Throws<WinnowException>(() => CalibrationFile.Open(_path, _engine.Model.Identity));
    }

    [Fact]
    public void Drift_is_the_mean_relative_change_of_the_residual_stream()
    {
        int[] ids = _engine.Tokenizer.Encode(Corpus, addSpecial: true);
        HiddenRecorder recorder = new();
        using TokenReader reader = _engine.CreateReader(ids.Length);
        reader.Observer = recorder;
        reader.Read(ids);

        Calibrator.Run(_engine, new CalibrationOptions { Corpus = [Corpus], Methods = ["token-sparse"], MaxTokens = 512 }, _path);
        using CalibrationFile file = CalibrationFile.Open(_path, _engine.Model.Identity);
        double[] drift = [.. file.Sections["token-sparse"].Settings["drift"]!.AsArray().Select(value => value!.GetValue<double>())];
        Assert.Equal(_engine.Model.Layers, drift.Length);
        for (int layer = 0; layer < drift.Length; layer++)
        {
            Assert.Equal(Drift(recorder.Hidden[layer], recorder.Hidden[layer + 1], ids.Length), drift[layer], 1e-5);
        }
    }

    [Fact]
    public void A_pass_that_ends_early_shows_the_keys_of_its_last_layer_and_none_after()
    {
        int[] ids = _engine.Tokenizer.Encode(Corpus, addSpecial: true);
        HeadRecorder early = Record(ids, lastLayer: 3);
        HeadRecorder whole = Record(ids, lastLayer: null);
        Assert.Equal([0, 1, 2, 3], early.Keys.Keys.Order());
        Assert.Equal(_engine.Model.Layers, whole.Keys.Count);
        Assert.Equal(whole.Keys[3], early.Keys[3]);
        Assert.Equal(ids.Length * _engine.Model.KvHeads * _engine.Model.HeadDimension, early.Keys[3].Length);
    }

    private HeadRecorder Record(int[] ids, int? lastLayer)
    {
        HeadRecorder recorder = new(lastLayer);
        using TokenReader reader = _engine.CreateReader(ids.Length);
        reader.Observer = recorder;
        reader.Read(ids);
        return recorder;
    }

    private static double Drift(float[] before, float[] after, int tokens)
    {
        int width = before.Length / tokens;
        double sum = 0;
        for (int token = 0; token < tokens; token++)
        {
            double change = 0;
            double size = 0;
            for (int i = token * width; i < (token + 1) * width; i++)
            {
                change += Math.Pow((double)after[i] - before[i], 2);
                size += Math.Pow(before[i], 2);
            }

            sum += Math.Sqrt(change) / (Math.Sqrt(size) + 1e-8);
        }

        return sum / tokens;
    }

    private sealed class HiddenRecorder : ForwardObserver
    {
        public Dictionary<int, float[]> Hidden { get; } = [];

        public override void ObserveHidden(ComputeStream stream, int layer, int firstPosition, Matrix hidden)
        {
            float[] values = new float[hidden.Rows * hidden.Columns];
            stream.Read(hidden, values);
            Hidden.Add(layer, values);
        }
    }

    private sealed class HeadRecorder(int? lastLayer) : ForwardObserver
    {
        public Dictionary<int, float[]> Keys { get; } = [];

        public override int? LastLayer => lastLayer;

        public override void ObserveHeads(ComputeStream stream, int layer, int firstPosition, Matrix queries, Matrix keys)
        {
            float[] values = new float[keys.Rows * keys.Columns];
            stream.Read(keys, values);
            Keys.Add(layer, values);
        }
    }

    private sealed class Recorder<T>(Action<T> report) : IProgress<T>
    {
        public void Report(T value) => report(value);
    }
}
