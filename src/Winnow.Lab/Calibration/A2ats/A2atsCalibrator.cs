using System.Numerics.Tensors;
using System.Text.Json.Nodes;
using Winnow.Attention;
using Winnow.Attention.A2ats;
using Winnow.Calibration;
using Winnow.Compute;
using Winnow.Compute.Host.Selection;
using Winnow.Generation;

namespace Winnow.Lab.Calibration.A2ats;

/// <summary>Makes the codebooks of A²ATS, one for each layer and KV head, and measures which heads need many tokens.</summary>
/// <remarks>
/// Section 4 of the paper (see <see cref="A2atsAttention"/>). Deviations: 48 K tokens of text and 16 K of random strings
/// instead of 64 K and 16 K, 2048 centroids instead of 4096, and Lloyd's algorithm ends when it gains little; see
/// docs/a2ats.md for what was measured. Finished layers are saved, and a run with the same settings goes on behind them.
/// </remarks>
internal sealed class A2atsCalibrator : MethodCalibrator
{
    private const int DefaultCentroids = 2048;
    private const int DefaultTokens = 49_152;
    private const int PieceTokens = 8192;
    private const int KeyStep = 2;
    private const int Iterations = 25;

    /// <summary>Random strings make up a fourth of the tokens.</summary>
    private const int TextParts = 3;

    public override string Method => A2atsAttention.Name;

    public override CalibrationSectionDraft Calibrate(CalibrationRun run)
    {
        AttentionLayers layers = run.Engine.Transformer.AttentionLayers;
        AttentionShape shape = layers.GlobalShape;
        int pieceTokens = Math.Min(PieceTokens, run.Engine.Model.ContextLength);
        List<int[]> pieces = [.. run.Pieces(pieceTokens, DefaultTokens)];
        pieces.AddRange(RandomPieces(run, pieceTokens, pieces.Sum(piece => piece.Length) / TextParts));
        int centroids = run.Options.Centroids ?? DefaultCentroids;
        int far = new A2atsAttention().Tuned(TuningSection.Of(run.Engine.Calibration)).Far ?? A2atsAttention.DefaultFar(run.Engine.Model.ContextLength);
        JsonObject settings = new()
        {
            [A2atsCalibration.FarKey] = far,
            ["centroids"] = centroids,
            ["tokens"] = pieces.Sum(piece => piece.Length),
            ["corpus"] = run.CorpusHash,
            ["seed"] = run.Options.Seed,
        };
        Draft draft = new(layers, shape, centroids, settings, run.Existing);
        if (draft.Finished < layers.Count)
        {
            MakeCodebooks(run, layers, draft, pieces, pieceTokens, centroids, far);
        }

        if (draft.Losses is null)
        {
            draft.Losses = A2atsTrial.Measure(run, new A2atsCalibration(draft.Codebooks(), far, null));
        }

        return draft.Section();
    }

    private static void MakeCodebooks(
        CalibrationRun run, AttentionLayers layers, Draft draft, List<int[]> pieces, int pieceTokens, int centroids, int far)
    {
        AttentionShape shape = layers.GlobalShape;
        A2atsSamples samples = new(layers, run.Engine.Config.CreateRopes(pieceTokens), [.. layers.Global.Where(layer => layer >= draft.Finished)], far, KeyStep);
        for (int i = 0; i < pieces.Count; i++)
        {
            run.Report("keys and queries", (double)i / pieces.Count / 3);
            run.Observe(samples, pieces[i]);
        }

        using ComputeStream stream = run.Engine.Device.CreateStream();
        for (int layer = draft.Finished; layer < layers.Count; layer++)
        {
            run.Cancellation.ThrowIfCancellationRequested();
            run.Report($"codebooks of layer {layer}", (1 + ((double)layer / layers.Count)) / 3);
            if (layers.IsGlobal(layer))
            {
                Work work = new(samples, layer, shape, centroids, run.Options.Seed);
                stream.RunOnHost(work, shape.KvHeads);
                samples.Release(layer);
                draft.Set(layer, work.Codebooks);
            }

            draft.Finished = layer + 1;
            run.Save(draft.Section());
        }
    }

    /// <summary>Random strings, about as many tokens as asked for.</summary>
    private static IEnumerable<int[]> RandomPieces(CalibrationRun run, int pieceTokens, int tokens)
    {
        const int Lines = 64;
        List<int> ids = [];
        for (int seed = run.Options.Seed; ids.Count < tokens; seed++)
        {
            ids.AddRange(run.Engine.Tokenizer.Encode(RandomStrings.Text(Lines, seed), addSpecial: ids.Count == 0));
        }

        return ids.Take(tokens).Chunk(pieceTokens);
    }

    /// <summary>The codebooks of one layer.</summary>
    private sealed class Work(A2atsSamples samples, int layer, AttentionShape shape, int centroids, int seed) : IHostWork
    {
        public CodebookData[] Codebooks { get; } = new CodebookData[shape.KvHeads];

        public void Run(int part) => Codebooks[part] = CodebookData.Train(
            samples.Keys(layer, part), samples.Moments(layer, part), shape.HeadDimension, centroids, Iterations, seed);
    }

    /// <summary>The tensors of all layers, those that are not finished zero.</summary>
    private sealed class Draft
    {
        private readonly long[] _shape;
        private readonly JsonObject _settings;
        private readonly float[] _lower;
        private readonly float[] _means;
        private readonly float[] _scores;

        public Draft(AttentionLayers layers, AttentionShape shape, int centroids, JsonObject settings, CalibrationSectionDraft? existing)
        {
            _shape = [layers.Count, shape.KvHeads, centroids, shape.HeadDimension];
            _settings = settings;
            int heads = layers.Count * shape.KvHeads;
            int dimension = shape.HeadDimension;
            _lower = new float[heads * dimension * dimension];
            _means = new float[heads * dimension];
            _scores = new float[heads * centroids * dimension];
            if (existing is not null && IsContinuation(existing.Settings))
            {
                Finished = Math.Clamp((int)existing.Settings[A2atsCalibration.LayersKey]!, 0, layers.Count);
                existing.Read(CodebookFile.Lower, _lower);
                existing.Read(CodebookFile.Mean, _means);
                existing.Read(CodebookFile.ScoreCentroids, _scores);
                if (existing.Has(A2atsCalibration.LossesName))
                {
                    Losses = new float[heads * HeadBudgets.Levels.Count];
                    existing.Read(A2atsCalibration.LossesName, Losses);
                }
            }
        }

        /// <summary>Layers that need nothing more.</summary>
        public int Finished { get; set; }

        /// <summary>What heads lose; null before it is measured, and where it cannot be.</summary>
        public float[]? Losses { get; set; }

        /// <summary>The codebooks, as a session will read them.</summary>
        public Codebook[][] Codebooks()
        {
            float[] scores = new float[_scores.Length];
            TensorPrimitives.ConvertToSingle(Scores(), scores);
            return CodebookFile.Create((int)_shape[1], (int)_shape[3], _lower, scores, null, _means);
        }

        public void Set(int layer, CodebookData[] codebooks)
        {
            int dimension = (int)_shape[3];
            for (int head = 0; head < codebooks.Length; head++)
            {
                int index = (layer * codebooks.Length) + head;
                codebooks[head].Lower.CopyTo(_lower, index * dimension * dimension);
                codebooks[head].Mean.CopyTo(_means, index * dimension);
                codebooks[head].ScoreCentroids.CopyTo(_scores, index * (int)_shape[2] * dimension);
            }
        }

        public CalibrationSectionDraft Section()
        {
            JsonObject settings = _settings.DeepClone().AsObject();
            settings[A2atsCalibration.LayersKey] = Finished;
            CalibrationSectionDraft section = new() { Settings = settings };
            section.Set(CodebookFile.Lower, _lower, _shape[0], _shape[1], _shape[3], _shape[3]);
            section.Set(CodebookFile.Mean, _means, _shape[0], _shape[1], _shape[3]);
            section.Set(CodebookFile.ScoreCentroids, Scores(), _shape);
            if (Losses is not null)
            {
                section.Set(A2atsCalibration.LossesName, Losses, _shape[0], _shape[1], HeadBudgets.Levels.Count);
            }

            return section;
        }

        private Half[] Scores()
        {
            Half[] scores = new Half[_scores.Length];
            TensorPrimitives.ConvertToHalf(_scores, scores);
            return scores;
        }

        /// <summary>Whether a section was made with the same settings, so that its finished layers are what this run would make.</summary>
        private bool IsContinuation(JsonObject settings)
        {
            foreach ((string key, JsonNode? value) in _settings)
            {
                if (!JsonNode.DeepEquals(value, settings[key]))
                {
                    return false;
                }
            }

            return settings[A2atsCalibration.LayersKey] is JsonValue number && number.TryGetValue(out int _);
        }
    }
}
