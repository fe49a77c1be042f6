using System.Numerics.Tensors;
using System.Text.Json.Nodes;
using Winnow.Attention;
using Winnow.Attention.TokenSparse;
using Winnow.Calibration;
using Winnow.Compute;
using Winnow.Generation;
using Winnow.Models.Forward;

namespace Winnow.Lab.Calibration.TokenSparse;

/// <summary>Finds the KV heads that tolerate token-sparse attention.</summary>
/// <remarks>
/// Section 3 of the paper (see <see cref="TokenSparseAttention"/>) takes the layers that change the residual stream least: the
/// drift of layer ℓ is the mean over tokens of ‖hₗ₊₁ − hₗ‖ / (‖hₗ‖ + 1e-8), and layers up to the δ quantile are sparse.
/// Deviation: that choice is tried on questions about facts hidden in the corpus. Where predictions of the answers move, heads are
/// taken one layer after the other from the last on, without those that move them. (The bundled model drifts least where it
/// finds what was asked for.)
/// </remarks>
internal sealed class TokenSparseCalibrator : MethodCalibrator
{
    private const double Quantile = 0.5;
    private const int DefaultTokens = 16_384;
    private const int PieceTokens = 8192;
    private const int Questions = 7;

    /// <summary>By how much predictions may move for each sparse head, in nats for a token of the answers.</summary>
    private const double Tolerance = 0.0005;

    public override string Method => TokenSparseAttention.Name;

    public override string Origin(CalibrationRun run) => run.OriginWith(CoverageOf(run));

    public override CalibrationSectionDraft Calibrate(CalibrationRun run)
    {
        AttentionLayers layers = run.Engine.Transformer.AttentionLayers;
        int[][] pieces = [.. run.Pieces(Math.Min(PieceTokens, run.Engine.Model.ContextLength), DefaultTokens)];
        DriftObserver observer = new(layers.Count);
        for (int i = 0; i < pieces.Length; i++)
        {
            run.Report("drift of the layers", (double)i / pieces.Length / 8);
            run.Observe(observer, pieces[i]);
        }

        double[] drift = observer.Drift();
        int kvHeads = layers.GlobalShape.KvHeads;
        IReadOnlyList<int> heads = HeadsOf(Stable(drift, layers.Global), kvHeads);
        float coverage = CoverageOf(run);
        JsonObject settings = new()
        {
            ["drift"] = new JsonArray([.. drift.Select(value => JsonValue.Create(value))]),
            ["quantile"] = Quantile,
            ["tokens"] = pieces.Sum(piece => piece.Length),
            ["corpus"] = run.CorpusHash,
            [TokenSparseMethod.CoverageKey] = coverage,
        };
        int length = Math.Min(run.TokenLimit(PieceTokens), Math.Min(PieceTokens, run.Engine.Model.ContextLength));
        run.Report("answers with full attention", 1.0 / 8);
        if (TokenSparseTrial.Prepare(run, Questions, length) is { } trial)
        {
            int trials = 0;
            heads = Choose(heads, layers.Global, kvHeads, Cost);

            double Cost(IReadOnlyList<int> tried)
            {
                run.Report($"answers with {tried.Count} sparse heads", Math.Min(1, (++trials + 1) / 16.0));
                return trial.Cost(tried, coverage);
            }
        }

        settings[TokenSparseMethod.HeadsKey] = new JsonArray([.. heads.Select(head => JsonValue.Create(head))]);
        return new CalibrationSectionDraft { Settings = settings };
    }

    /// <summary>
    /// The stable layers if answers bear it; otherwise heads that answers bear, from the last layer but one on (of the last one a
    /// prompt needs a single token) until they are a quarter of all: each further one saves less than it risks. The first third of the
    /// layers is never asked.
    /// </summary>
    /// <param name="stable">The paper's choice.</param>
    /// <param name="global">All layers without a sliding window.</param>
    /// <param name="kvHeads">KV heads of a layer.</param>
    /// <param name="cost">How far sparse heads move predictions of the answers.</param>
    internal static IReadOnlyList<int> Choose(
        IReadOnlyList<int> stable, IReadOnlyList<int> global, int kvHeads, Func<IReadOnlyList<int>, double> cost)
    {
        if (cost(stable) <= Tolerance * stable.Count)
        {
            return stable;
        }

        SortedSet<int> chosen = [];
        double moved = 0;
        int most = ((global.Count * kvHeads) + 3) / 4;
        for (int i = global.Count - 2; i >= global.Count / 3 && chosen.Count < most; i--)
        {
            IReadOnlyList<int> layer = HeadsOf([global[i]], kvHeads);
            if (!Add(layer))
            {
                foreach (int head in layer.OrderBy(head => Cost([head])))
                {
                    Add([head]);
                }
            }
        }

        return [.. chosen];

        double Cost(IReadOnlyList<int> heads) => cost([.. chosen.Union(heads).Order()]);

        bool Add(IReadOnlyList<int> heads)
        {
            if (heads.Count > most - chosen.Count)
            {
                return false;
            }

            double together = Cost(heads);
            bool isBorne = together - moved <= Tolerance * heads.Count;
            if (isBorne)
            {
                chosen.UnionWith(heads);
                moved = together;
            }

            return isBorne;
        }
    }

    private static float CoverageOf(CalibrationRun run) =>
        new TokenSparseAttention().Tuned(TuningSection.Of(run.Engine.Calibration)).Coverage ?? TokenSparseAttention.DefaultCoverage;

    private static IReadOnlyList<int> HeadsOf(IReadOnlyList<int> layers, int kvHeads) =>
        [.. layers.SelectMany(layer => Enumerable.Range(layer * kvHeads, kvHeads))];

    /// <summary>The layers without a sliding window whose drift is at most the quantile of all such layers.</summary>
    internal static IReadOnlyList<int> Stable(double[] drift, IReadOnlyList<int> global)
    {
        double[] ascending = [.. global.Select(layer => drift[layer]).Order()];
        if (ascending.Length == 0)
        {
            return [];
        }

        // The quantile between two values is interpolated, as numpy does.
        double place = Quantile * (ascending.Length - 1);
        int below = (int)place;
        int above = Math.Min(below + 1, ascending.Length - 1);
        double threshold = ascending[below] + ((place - below) * (ascending[above] - ascending[below]));
        return [.. global.Where(layer => drift[layer] <= threshold)];
    }

    /// <summary>Adds up how much each layer turns each token's residual stream.</summary>
    private sealed class DriftObserver(int layers) : ForwardObserver
    {
        private readonly double[] _sum = new double[layers];
        private readonly Dictionary<int, float[]> _before = [];
        private long _tokens;

        public double[] Drift() => [.. _sum.Select(sum => sum / _tokens)];

        public override void ObserveHidden(ComputeStream stream, int layer, int firstPosition, Matrix hidden)
        {
            float[] after = new float[hidden.Rows * hidden.Columns];
            stream.Read(hidden, after);
            if (layer > 0)
            {
                float[] before = _before[firstPosition];
                float[] change = new float[hidden.Columns];
                for (int row = 0; row < hidden.Rows; row++)
                {
                    ReadOnlySpan<float> from = before.AsSpan(row * hidden.Columns, hidden.Columns);
                    TensorPrimitives.Subtract(after.AsSpan(row * hidden.Columns, hidden.Columns), from, change);
                    _sum[layer - 1] += TensorPrimitives.Norm<float>(change) / (TensorPrimitives.Norm(from) + 1e-8);
                }
            }

            if (layer == layers)
            {
                _before.Remove(firstPosition);
                _tokens += hidden.Rows;
            }
            else
            {
                _before[firstPosition] = after;
            }
        }
    }
}
