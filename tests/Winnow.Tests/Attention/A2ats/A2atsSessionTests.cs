using Winnow.Attention;
using Winnow.Attention.A2ats;
using Winnow.Calibration;
using Winnow.Cli;
using Winnow.Cli.Chat;
using Winnow.Compute;
using Winnow.Compute.Host;
using Winnow.Compute.Host.Selection;
using Winnow.Generation;
using Winnow.Lab.Calibration;
using Winnow.Models.Forward;
using Winnow.Tests.Formats;

namespace Winnow.Tests.Attention.A2ats;

/// <summary>Whole conversations of the bundled model.</summary>
public sealed class A2atsSessionTests : IClassFixture<A2atsSessionTests.Calibrated>, IDisposable
{
    private const int PromptTokens = 700;
    private const int Steps = 6;

    private readonly Calibrated _calibrated;
    private readonly TemporaryFolder _folder = new();
    private readonly int[] _prompt;
    private readonly int[] _forced;

    public A2atsSessionTests(Calibrated calibrated)
    {
        _calibrated = calibrated;
        int[] text = calibrated.Engine.Tokenizer.Encode(ExampleDocument.Create(seed: 3, characters: 6000).Text, addSpecial: true);
        _prompt = text[..PromptTokens];
        _forced = text[PromptTokens..(PromptTokens + Steps)];
    }

    private Engine Engine => _calibrated.Engine;

    public void Dispose() => _folder.Dispose();

    [Theory]
    [InlineData("a2ats:rho=1")]
    [InlineData("a2ats:rho=1,codebook=online")]
    [InlineData("a2ats:rho=0.1,window=5000")]
    [InlineData("a2ats:budget=0,window=699,sink=7")]
    public void Reading_everything_is_bit_identical_to_full_attention(string specification) =>
        Assert.Equal(Logits("full"), Logits(specification));

    /// <summary>A list of all rows goes through the gathered kernel, not through the dense one.</summary>
    [Fact]
    public void Naming_all_far_rows_but_one_reads_all_but_one_for_each_head()
    {
        using Session session = Create("a2ats:budget=627,window=64,sink=8");
        session.Prefill(_prompt);
        int rows = 0;
        session.PlanObserver = (in AttentionCall call, AttentionPlan plan) =>
        {
            for (int head = 0; head < call.Shape.KvHeads; head++)
            {
                Assert.InRange(plan.Rows(head).Length, call.Length - 2, call.Length);
                Assert.Equal(Enumerable.Range(0, 8), plan.Rows(head)[..8].ToArray());
                Assert.Equal(Enumerable.Range(call.Length - 64, 64), plan.Rows(head)[^64..].ToArray());
                rows += plan.Rows(head).Length;
            }
        };
        session.Diagnostics.Step(_forced[0]);
        Assert.True(rows > 0);
    }

    [Theory]
    [InlineData("a2ats:rho=0.05,window=32,sink=4")]
    [InlineData("a2ats:rho=0.05,window=32,sink=4,codebook=online,centroids=64")]
    public void A_step_reads_no_more_than_the_budget_of_its_heads_and_what_is_always_read(string specification)
    {
        using Session session = Create(specification);
        session.Prefill(_prompt);
        session.PlanObserver = (in AttentionCall call, AttentionPlan plan) =>
        {
            int budget = (int)(0.05 * call.Length);
            for (int head = 0; head < call.Shape.KvHeads; head++)
            {
                Assert.InRange(plan.Rows(head).Length, budget + 36, (call.Shape.GroupSize * budget) + 36);
            }
        };
        foreach (int token in _forced)
        {
            session.Diagnostics.Step(token);
        }

        Assert.InRange(session.Diagnostics.AttentionStatistics.AttendedFraction, 0.05, 0.16);
        Assert.True(session.Diagnostics.KvResidentBytes > session.Diagnostics.KvBytes);
    }

    [Fact]
    public void Keys_and_values_on_disk_give_the_bits_that_those_in_memory_give()
    {
        float[] expected = Logits("a2ats:rho=0.1,window=64");
        Assert.Equal(expected, Logits("a2ats:rho=0.1,window=64,tier=disk,resident=0"));
        Assert.Equal(expected, Logits("a2ats:rho=0.1,window=64,tier=disk,resident=4MiB"));
        Assert.Equal(expected, Logits("a2ats:rho=0.1,window=64,tier=disk"));
    }

    [Fact]
    public void A_cache_on_disk_keeps_little_in_memory_and_leaves_no_file()
    {
        using (Session session = Create("a2ats:rho=0.1,window=64,tier=disk,resident=0"))
        {
            session.Prefill(_prompt);
            session.Diagnostics.Step(_forced[0]);
            Assert.Equal(0, session.Diagnostics.KvHitRate);
            if (OperatingSystem.IsLinux())
            {
                Assert.InRange(session.Diagnostics.KvResidentBytes, 1, session.Diagnostics.KvBytes / 4);
            }
        }

        Assert.Empty(Directory.GetFiles(_folder.Root));
    }

    [Fact]
    public void A_disk_without_room_is_an_error_and_the_tokens_before_it_stay()
    {
        string scratch = Directory.CreateDirectory(_folder.PathOf("scratch")).FullName;
        using Session session = Engine.CreateSession(new SessionOptions { Attention = AttentionOptions.Parse("a2ats:tier=disk"), ScratchDirectory = scratch });
        session.Prefill(_prompt[..40]);
        Directory.Delete(scratch);
        Assert.Contains(scratch, Assert.Throws<WinnowException>(() => session.Prefill(_prompt)).Message, StringComparison.Ordinal);
        Assert.Equal(_prompt[..40], session.Tokens);
        Directory.CreateDirectory(scratch);
        session.Prefill(_prompt[..100]);
        Assert.Equal(_prompt[..100], session.Tokens);
    }

    [Theory]
    [InlineData("a2ats:rho=0.1,window=64")]
    [InlineData("a2ats:rho=0.1,window=64,tier=disk,resident=0")]
    [InlineData("a2ats:rho=0.1,window=64,codebook=online")]
    public void A_fork_continues_as_its_origin_would(string specification)
    {
        using Session origin = Create(specification);
        origin.Prefill(_prompt);
        using Session fork = origin.Fork();
        Assert.Equal(Follow(origin), Follow(fork));
    }

    /// <summary>With codebooks from a file: those that a session makes depend on what it read before the cut.</summary>
    [Theory]
    [InlineData("a2ats:rho=0.1,window=64")]
    [InlineData("a2ats:rho=0.1,window=64,tier=disk,resident=0")]
    public void After_a_cut_other_tokens_have_their_own_codes(string specification)
    {
        using Session session = Create(specification);
        session.Prefill([.. _prompt[..500], .. _prompt[..100]]);
        session.Diagnostics.Step(_forced[3]);
        session.Prefill(_prompt);
        using Session fresh = Create(specification);

        // The same parts, so that the arithmetic is the same.
        fresh.Prefill(_prompt[..500]);
        fresh.Prefill(_prompt);
        Assert.Equal(Follow(fresh), Follow(session));
    }

    [Theory]
    [InlineData("a2ats:rho=0.1,window=64")]
    [InlineData("a2ats:rho=0.1,window=64,tier=disk,resident=0")]
    public void A_saved_session_brings_its_codes_along(string specification)
    {
        string path = _folder.PathOf("saved");
        using Session session = Create(specification);
        session.Prefill(_prompt);
        session.Save(path);
        using Session loaded = Create(specification);
        loaded.Prefill(_prompt[..30]);
        loaded.Load(path);
        Assert.Equal(session.Diagnostics.KvBytes, loaded.Diagnostics.KvBytes);
        Assert.Equal(Follow(session), Follow(loaded));
    }

    /// <summary>Codes of another session are made from the keys in the cache, which are rounded to f16.</summary>
    [Fact]
    public void A_session_saved_without_codes_is_coded_from_its_cache()
    {
        string path = _folder.PathOf("saved");
        using Session full = Create("full");
        full.Prefill(_prompt);
        full.Save(path);
        using Session loaded = Create("a2ats:rho=0.1,window=64");
        loaded.Load(path);
        float[] expected = Logits("a2ats:rho=0.1,window=64");
        float[] actual = Follow(loaded);
        double error = expected.Zip(actual).Sum(pair => Math.Pow(pair.First - pair.Second, 2));
        Assert.True(error < 0.02 * expected.Sum(value => (double)value * value), $"squared error {error}");
        Assert.InRange(loaded.Diagnostics.AttentionStatistics.AttendedFraction, 0.1, 0.4);
    }

    [Fact]
    public void Token_sparse_prompts_and_coded_decode_steps_go_together()
    {
        using Session session = Create("token-sparse:layers=4-7,min=64+a2ats:rho=0.1,window=64");
        session.Prefill(_prompt);
        Assert.All(Follow(session), value => Assert.True(float.IsFinite(value)));
        Assert.InRange(session.Diagnostics.AttentionStatistics.AttendedFraction, 0.1, 0.4);
    }

    [Fact]
    public void A_head_that_a_calibration_found_to_lose_much_reads_everything()
    {
        const int Layer = 2;
        const int Head = 1;
        int kvHeads = Engine.Transformer.AttentionLayers.Shapes[0].KvHeads;
        int levels = HeadBudgets.Levels.Count;
        float[] losses = new float[Engine.Model.Layers * kvHeads * levels];
        losses.AsSpan(((Layer * kvHeads) + Head) * levels, levels).Fill(1);
        CalibrationSectionDraft section = new();
        section.Set(A2atsCalibration.LossesName, losses, Engine.Model.Layers, kvHeads, levels);
        string path = _folder.PathOf("budgets.winnow");
        CalibrationFile.Write(path, Engine.Model.Identity, new Dictionary<string, CalibrationSectionDraft> { ["a2ats"] = section });

        using Engine engine = Engine.Load(BundledModel.Find(), new EngineOptions { CalibrationPath = path });
        using Session session = engine.CreateSession(new SessionOptions { Attention = AttentionOptions.Parse("a2ats:codebook=online,centroids=32,window=64") });
        session.Prefill(_prompt);
        int complete = 0;
        session.PlanObserver = (in AttentionCall call, AttentionPlan plan) =>
        {
            for (int head = 0; head < call.Shape.KvHeads; head++)
            {
                bool isComplete = plan.Rows(head).Length == call.Length;
                Assert.Equal((call.Layer, head) == (Layer, Head), isComplete);
                complete += isComplete ? 1 : 0;
            }
        };
        session.Diagnostics.Step(_forced[0]);
        Assert.Equal(1, complete);
    }

    [Fact]
    public void A_codebook_of_another_size_than_asked_for_is_refused() =>
        Assert.Contains("centroids=77", Assert.Throws<InvalidOptionException>(() => Create("a2ats:centroids=77")).Message, StringComparison.Ordinal);

    [Fact]
    public void A_file_that_holds_no_codebooks_is_refused() =>
        Assert.Throws<WinnowException>(() => Create($"a2ats:codebook={_folder.PathOf("absent")}"));

    /// <summary>The keys of unseen text, layer by layer: of the tokens with the largest scores, how many would be chosen.</summary>
    [Fact]
    public void Query_aware_codebooks_recall_more_than_plain_ones_and_those_more_than_chance()
    {
        const int Layer = 5;
        const int Centroids = 48;
        int[] text = Engine.Tokenizer.Encode(ExampleDocument.Create(seed: 8, characters: 9000).Text, addSpecial: true);
        HeadRecorder seen = Record(text[..1000], Layer);
        HeadRecorder unseen = Record(text[1000..1800], Layer);
        double weighted = 0;
        double plain = 0;
        for (int head = 0; head < 4; head++)
        {
            weighted += Recall(CodebookData.Train(seen.Keys(head), seen.Moments(head), 64, Centroids, 20, seed: 1), unseen, head);
            plain += Recall(CodebookData.Train(seen.Keys(head), SyntheticHeads.Identity(64), 64, Centroids, 20, seed: 1), unseen, head);
        }

        Assert.True(weighted > plain, $"weighted {weighted / 4:F3}, plain {plain / 4:F3}");
        Assert.True(plain / 4 > 0.2, $"plain {plain / 4:F3}, by chance 0.1");
    }

    private static double Recall(CodebookData data, HeadRecorder unseen, int head)
    {
        float[] keys = unseen.Keys(head);
        int count = keys.Length / 64;
        int budget = count / 10;
        Codebook codebook = new(data);
        ushort[] codes = new ushort[count];
        codebook.Encode(keys, 64, codes);
        float[] table = new float[codebook.TableLength];
        int hits = 0;
        int queries = 0;
        foreach (float[] query in unseen.Queries(head))
        {
            codebook.FillTables(query, table);
            HashSet<int> best = [.. Enumerable.Range(0, count).OrderByDescending(j => SyntheticHeads.Dot(query, keys.AsSpan(j * 64, 64))).Take(budget)];
            hits += Enumerable.Range(0, count).OrderByDescending(j => table[codes[j]]).ThenByDescending(j => j).Take(budget).Count(best.Contains);
            queries += budget;
        }

        return (double)hits / queries;
    }

    private HeadRecorder Record(int[] tokens, int layer)
    {
        HeadRecorder recorder = new(layer, Engine.Config.CreateRopes(tokens.Length)[layer]);
        using TokenReader reader = Engine.CreateReader(tokens.Length);
        reader.Observer = recorder;
        reader.Read(tokens);
        return recorder;
    }

    private Session Create(string specification) => Engine.CreateSession(
        new SessionOptions { Attention = AttentionOptions.Parse(specification), ScratchDirectory = _folder.Root });

    private float[] Logits(string specification)
    {
        using Session session = Create(specification);
        session.Prefill(_prompt);
        return Follow(session);
    }

    /// <summary>The logits after each forced token.</summary>
    private float[] Follow(Session session)
    {
        List<float> logits = [];
        foreach (int token in _forced)
        {
            logits.AddRange(session.Diagnostics.Step(token));
        }

        return [.. logits];
    }

    /// <summary>The bundled model with small codebooks.</summary>
    public sealed class Calibrated : IDisposable
    {
        private readonly TemporaryFolder _folder = new();

        public Calibrated()
        {
            string path = _folder.PathOf("lab.winnow");
            using (Engine engine = Engine.Load(BundledModel.Find()))
            {
                CalibrationOptions options = new() { Corpus = [ExampleDocument.Create(seed: 1).Text], Methods = ["a2ats"], MaxTokens = 500, Centroids = 64 };
                Calibrator.Run(engine, options, path);
            }

            Engine = Engine.Load(BundledModel.Find(), new EngineOptions { CalibrationPath = path });
        }

        public Engine Engine { get; }

        public void Dispose()
        {
            Engine.Dispose();
            _folder.Dispose();
        }
    }

    /// <summary>Keys and rotated queries of one layer.</summary>
    private sealed class HeadRecorder(int recorded, RopeFrequencies? rope) : ForwardObserver
    {
        private readonly ConstantRotation _rotation = new(rope, 2048);
        private readonly List<float[]> _keys = [];
        private readonly List<float[]> _queries = [];

        public override int? LastLayer => recorded;

        public float[] Keys(int head) => [.. _keys.SelectMany(row => row[(head * 64)..((head + 1) * 64)])];

        public double[] Moments(int head)
        {
            QueryMoments moments = new(64);
            foreach (float[] row in _queries)
            {
                moments.Add(row.AsSpan(head * 128, 64));
                moments.Add(row.AsSpan((head * 128) + 64, 64));
            }

            return moments.Normalized();
        }

        public IEnumerable<float[]> Queries(int head) => _queries.Where((_, i) => i % 25 == 0).Select(row => row[(head * 128)..((head * 128) + 64)]);

        public override void ObserveHeads(ComputeStream stream, int layer, int firstPosition, Matrix queries, Matrix keys)
        {
            for (int row = 0; layer == recorded && row < keys.Rows; row++)
            {
                float[] key = new float[keys.Columns];
                float[] query = new float[queries.Columns];
                stream.Read(keys.RowSlice(row, 1), key);
                stream.Read(queries.RowSlice(row, 1), query);
                for (int first = 0; first < query.Length; first += 64)
                {
                    _rotation.Rotate(query.AsSpan(first, 64));
                }

                _keys.Add(key);
                _queries.Add(query);
            }
        }
    }
}
