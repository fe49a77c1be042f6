using System.Numerics.Tensors;
using System.Text.Json.Nodes;
using Winnow.Calibration;
using Winnow.Documents;
using Winnow.Generation;
using Winnow.Models;
using Winnow.Retrieval;
using Winnow.Retrieval.Features;
using Winnow.Retrieval.Search;
using Winnow.Retrieval.Storage;

namespace Winnow.Lab.Calibration.S3;

/// <summary>Trains the autoencoders of S³-Attention and chooses the heads that they look at.</summary>
/// <remarks>
/// arXiv 2601.17702, section 3 of the brief. Deviations: heads instead of means over heads (<see cref="HeadRanking"/>); sizes
/// that fit a file beside a model and an index of a tenth of a kibibyte per token instead of 128 · width latents and 128 active
/// ones, which <see cref="S3Training"/> still offers; layers by forward selection on generated questions instead of by hand.
/// An interrupted run goes on with the first autoencoder that was not finished.
/// </remarks>
internal sealed class S3Calibrator : MethodCalibrator
{
    private const int DefaultTokens = 120_000;
    private const int PieceTokens = 1024;
    private const int Candidates = 6;
    private const int MostHeads = 4;
    private const double LeastGain = 0.01;
    private const int RankingLength = 3000;
    private const int SelectionLength = 8000;
    private const int RankingTrials = 4;
    private const int SelectionTrials = 4;
    private const int TrainingTrials = 8;

    public override string Method => FeatureModel.Method;

    public override string Origin(CalibrationRun run) =>
        run.OriginWith(run.Options.S3.Expansion, run.Options.S3.Active, run.Options.S3.Steps);

    public override CalibrationSectionDraft Calibrate(CalibrationRun run)
    {
        ModelInfo model = run.Engine.Model;
        S3Training training = run.Options.S3;
        string text = string.Join("\n\n", run.Options.Corpus);
        string identity = string.Join(' ', run.CorpusHash, run.Options.Seed, training.Latents(model.HeadDimension), training.Active, training.Steps);
        CalibrationSectionDraft draft = run.Existing is { } existing && existing.Settings["identity"] is JsonValue named && named.TryGetValue(out string? name) && name == identity && !IsComplete(existing)
            ? existing
            : new CalibrationSectionDraft { Settings = new JsonObject { ["identity"] = identity, ["complete"] = false } };

        KeyProjection[] candidates = Read(draft, "candidates") ?? Rank(run, text);
        Store(draft, "candidates", candidates);
        run.Save(draft);
        IReadOnlyList<KeyAutoencoder> autoencoders = Train(run, draft, text, candidates, training);
        double recall;
        (IReadOnlyList<KeyAutoencoder> chosen, recall) = Choose(run, text, autoencoders);
        return Finish(draft, chosen, training, recall, run);
    }

    private static KeyProjection[] Rank(CalibrationRun run, string text)
    {
        ModelInfo model = run.Engine.Model;
        IReadOnlyList<int> layers = run.Engine.Transformer.AttentionLayers.Global;
        KeyProjection[] projections =
        [
            .. layers.SelectMany(layer => Enumerable.Range(KeyProjection.AllHeads, model.KvHeads + 1), (layer, head) => new KeyProjection(layer, head)),
        ];
        int length = TrialLength(run, RankingLength);
        IReadOnlyList<RetrievalTrial> trials = RetrievalTrial.Create(run.Engine, text, length, Trials(run, RankingTrials), run.Options.Seed);
        Dictionary<KeyProjection, double> recall = HeadRanking.Measure(
            run.Engine, trials, projections, fraction => run.Report("looking for heads that retrieve", 0.2 * fraction), run.Cancellation);
        // Of heads that do equally well, the one of the earlier layer: a scan stops at the last layer.
        return [.. recall.OrderByDescending(item => item.Value).ThenBy(item => item.Key.Layer).ThenBy(item => item.Key.Head).Take(Candidates).Select(item => item.Key)];
    }

    private static List<KeyAutoencoder> Train(
        CalibrationRun run, CalibrationSectionDraft draft, string text, KeyProjection[] candidates, S3Training training)
    {
        ModelInfo model = run.Engine.Model;
        List<KeyAutoencoder> autoencoders = [.. candidates.Select(projection => FeatureModel.Read(
            draft, projection, training.Latents(model.HeadDimension), training.Active, model.HeadDimension)).OfType<KeyAutoencoder>()];
        KeyProjection[] missing = [.. candidates.Except(autoencoders.Select(autoencoder => autoencoder.Projection))];
        if (missing.Length == 0)
        {
            return autoencoders;
        }

        int[][] pieces = Pieces(run, text);
        KeyHarvest harvest = new(model, missing, pieces.Sum(piece => piece.Length));
        for (int i = 0; i < pieces.Length; i++)
        {
            run.Report("reading keys", 0.2 + (0.15 * i / pieces.Length));
            run.Observe(harvest, pieces[i]);
        }

        for (int i = 0; i < missing.Length; i++)
        {
            KeyProjection projection = missing[i];
            float[] keys = harvest.Keys(projection).ToArray();
            if (keys.Length / model.HeadDimension < 2 * AutoencoderTrainer.LeastVectors)
            {
                throw new WinnowException($"s3: the corpus has {pieces.Sum(piece => piece.Length)} tokens; at least {2 * AutoencoderTrainer.LeastVectors} are needed, 100,000 are good");
            }

            FeatureScale scale = FeatureScale.Of(keys, model.HeadDimension);
            scale.Apply(keys);
            AutoencoderTraining options = new(training.Latents(model.HeadDimension), training.Active, training.Steps);
            AutoencoderTrainer trainer = new(keys, model.HeadDimension, options, run.Options.Seed + i, run.Engine.Threads);
            double from = 0.35 + (0.5 * i / missing.Length);
            AutoencoderQuality quality = trainer.Train(
                (done, unexplained) => run.Report(
                    string.Create(System.Globalization.CultureInfo.InvariantCulture, $"head {projection}: {100 * unexplained:F1} % of the variance unexplained"),
                    from + (0.5 * done / missing.Length)),
                run.Cancellation);
            KeyAutoencoder autoencoder = Export(trainer.Weights, projection, training.Active, scale, harvest.QueryScale(projection));
            autoencoders.Add(autoencoder);
            FeatureModel.Write(draft, autoencoder);
            draft.Settings[$"quality {projection}"] = new JsonObject
            {
                ["unexplained"] = quality.Unexplained,
                ["dead"] = quality.Dead,
                ["steps"] = quality.Steps,
            };
            run.Save(draft);
        }

        return autoencoders;
    }

    /// <summary>The corpus, and documents of generated questions beside it: tables and codes hardly occur in prose.</summary>
    private static int[][] Pieces(CalibrationRun run, string text)
    {
        Engine engine = run.Engine;
        int length = Math.Min(PieceTokens, engine.Model.ContextLength) - 1;
        int? begin = engine.Tokenizer.AddBos ? engine.Tokenizer.BosId : null;
        IEnumerable<int[]> questions = RetrievalTrial.Create(engine, text, length, Trials(run, TrainingTrials), run.Options.Seed + 2000)
            .SelectMany(trial => engine.Tokenizer.Encode(trial.Document).Chunk(length));
        return [.. run.Pieces(length, DefaultTokens).Concat(questions).Select(int[] (piece) => begin is { } id ? [id, .. piece] : piece)];
    }

    /// <summary>Forward selection: the head that adds most to the recall of evidence, until none adds enough.</summary>
    private static (IReadOnlyList<KeyAutoencoder> Chosen, double Recall) Choose(CalibrationRun run, string text, IReadOnlyList<KeyAutoencoder> autoencoders)
    {
        Engine engine = run.Engine;
        FeatureModel model = FeatureModel.Create(autoencoders);
        IReadOnlyList<RetrievalTrial> trials = RetrievalTrial.Create(
            engine, text, TrialLength(run, SelectionLength), Trials(run, SelectionTrials), run.Options.Seed + 1000);
        List<(RetrievalTrial Trial, IndexState State, QuestionFeatures Question)> prepared = [];
        using (DocumentScanner scanner = new(engine, model, new IndexOptions()))
        {
            foreach (RetrievalTrial trial in trials)
            {
                run.Report("choosing heads", 0.85 + (0.12 * prepared.Count / trials.Count));
                int[] latents = [.. model.Autoencoders.Select(autoencoder => autoencoder.Latents)];
                IndexBlock[] blocks = [.. scanner.Scan(Document.FromText("trial", trial.Document), null, run.Cancellation)
                    .Select(block => new IndexBlock("the trial", new BlockBytes(block), latents))];
                prepared.Add((trial, new IndexState([new IndexedText("trial", blocks)]), QuestionFeatures.Encode(engine, model, trial.Question, run.Cancellation)));
            }
        }

        List<int> chosen = [];
        double best = 0;
        while (chosen.Count < Math.Min(MostHeads, autoencoders.Count))
        {
            (int next, double recall) = Enumerable.Range(0, model.Autoencoders.Count)
                .Except(chosen)
                .Select(candidate => (candidate, prepared.Average(item => item.Trial.Recall(
                    item.State, IndexSearch.Density(item.State, item.Question, [.. chosen, candidate])))))
                .MaxBy(item => item.Item2);
            run.Cancellation.ThrowIfCancellationRequested();
            if (chosen.Count > 0 && recall < best + LeastGain)
            {
                break;
            }

            chosen.Add(next);
            best = recall;
        }

        return ([.. chosen.Select(i => model.Autoencoders[i])], best);
    }

    private static CalibrationSectionDraft Finish(
        CalibrationSectionDraft draft, IReadOnlyList<KeyAutoencoder> chosen, S3Training training, double recall, CalibrationRun run)
    {
        JsonObject settings = new()
        {
            ["complete"] = true,
            ["layers"] = new JsonArray([.. chosen.Select(item => JsonValue.Create(item.Projection.Layer))]),
            ["heads"] = new JsonArray([.. chosen.Select(item => JsonValue.Create(item.Projection.Head))]),
            ["active"] = new JsonArray(JsonValue.Create(training.Active)),
            ["recall"] = recall,
            ["corpus"] = run.CorpusHash,
            ["seed"] = run.Options.Seed,
        };
        foreach (KeyAutoencoder autoencoder in chosen)
        {
            string key = $"quality {autoencoder.Projection}";
            settings[key] = draft.Settings[key]?.DeepClone();
        }

        // The autoencoders that were not chosen are left behind with the draft.
        CalibrationSectionDraft section = new() { Settings = settings };
        foreach (KeyAutoencoder autoencoder in chosen)
        {
            FeatureModel.Write(section, autoencoder);
        }

        return section;
    }

    private static KeyAutoencoder Export(AutoencoderWeights weights, KeyProjection projection, int active, FeatureScale keys, FeatureScale queries)
    {
        Half[] encoder = new Half[weights.Encoder.Length];
        TensorPrimitives.ConvertToHalf(weights.Encoder, encoder);
        float[] bias = new float[weights.Latents];
        for (int feature = 0; feature < weights.Latents; feature++)
        {
            bias[feature] = weights.EncoderBias[feature] - TensorPrimitives.Dot(weights.EncoderRow(feature), weights.DecoderBias);
        }

        return new KeyAutoencoder
        {
            Projection = projection,
            Width = weights.Width,
            Latents = weights.Latents,
            Active = active,
            Encoder = encoder,
            Bias = bias,
            Keys = keys,
            Queries = queries,
        };
    }

    private static int TrialLength(CalibrationRun run, int ordinary) =>
        Math.Min(Math.Min(ordinary, run.Options.MaxTokens ?? ordinary), run.Engine.Model.ContextLength - 1);

    /// <summary>Who allows few tokens gets few questions too.</summary>
    private static int Trials(CalibrationRun run, int ordinary) =>
        run.Options.MaxTokens is { } most ? (int)Math.Clamp((long)most * ordinary / DefaultTokens, 1, ordinary) : ordinary;

    private static bool IsComplete(CalibrationSectionDraft draft) => draft.Settings["complete"] is JsonValue value && value.TryGetValue(out bool isComplete) && isComplete;

    private static KeyProjection[]? Read(CalibrationSectionDraft draft, string key) => draft.Settings[key] is JsonArray list
        ? [.. list.Select(item => new KeyProjection((int)item![0]!, (int)item[1]!))]
        : null;

    private static void Store(CalibrationSectionDraft draft, string key, IEnumerable<KeyProjection> projections) => draft.Settings[key] =
        new JsonArray([.. projections.Select(item => new JsonArray(JsonValue.Create(item.Layer), JsonValue.Create(item.Head)))]);
}
