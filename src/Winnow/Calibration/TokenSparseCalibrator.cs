using System.Numerics.Tensors;
using System.Text.Json.Nodes;
using Winnow.Attention;
using Winnow.Attention.TokenSparse;
using Winnow.Compute;
using Winnow.Models;

namespace Winnow.Calibration;

/// <summary>Finds the layers that tolerate token-sparse attention, and how much attention mass they may leave out.</summary>
/// <remarks>
/// Section 3 of the paper (see <see cref="TokenSparseAttention"/>) takes the layers that change the residual stream least: the
/// drift of layer ℓ is the mean over tokens of ‖hₗ₊₁ − hₗ‖ / (‖hₗ‖ + 1e-8), and layers up to the δ quantile are sparse.
/// Deviation: that choice is tried on questions about facts hidden in the corpus. Where answers suffer, the last layers are
/// taken instead, as many as leave the answers alone. (The bundled model drifts least where it finds what was asked for.)
/// </remarks>
internal sealed class TokenSparseCalibrator : MethodCalibrator
{
    /// <summary>The layers, in the settings.</summary>
    public const string LayersKey = "layers";

    /// <summary>The mass that they leave out, in the settings.</summary>
    public const string CoverageKey = "tau";

    /// <summary>Whether query heads share tokens, in the settings.</summary>
    public const string SharedKey = "shared";

    private const double Quantile = 0.5;
    private const int DefaultTokens = 16_384;
    private const int PieceTokens = 8192;
    private const int Questions = 7;

    /// <summary>By how much −log p of an answer's token may rise.</summary>
    private const double Tolerance = 0.01;

    /// <summary>What is tried, the most first: the last is the paper's.</summary>
    private static readonly float[] Coverages = [0.05f, 0.02f, 0.005f];

    public override string Method => TokenSparseAttention.Name;

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
        IReadOnlyList<int> chosen = Stable(drift, layers.Global);
        JsonObject settings = new()
        {
            ["drift"] = new JsonArray([.. drift.Select(value => JsonValue.Create(value))]),
            ["quantile"] = Quantile,
            ["tokens"] = pieces.Sum(piece => piece.Length),
            ["corpus"] = run.CorpusHash,
        };
        int length = Math.Min(run.TokenLimit(PieceTokens), Math.Min(PieceTokens, run.Engine.Model.ContextLength));
        run.Report("answers with full attention", 1.0 / 8);
        if (TokenSparseTrial.Prepare(run, Questions, length) is { } trial)
        {
            int trials = 0;
            (chosen, float coverage) = Choose(chosen, layers.Global, (tried, mass) => Cost(tried, mass, perKvHead: false));
            settings[CoverageKey] = coverage;
            settings[SharedKey] = Cost(chosen, coverage, perKvHead: true) <= Tolerance;

            double Cost(IReadOnlyList<int> tried, float mass, bool perKvHead)
            {
                run.Report($"answers with {tried.Count} sparse layers", Math.Min(1, (++trials + 1) / 8.0));
                return trial.Cost(tried, mass, perKvHead);
            }
        }

        settings[LayersKey] = new JsonArray([.. chosen.Select(layer => JsonValue.Create(layer))]);
        return new CalibrationSectionDraft { Settings = settings };
    }

    /// <summary>The stable layers if answers bear it; otherwise as many of the last layers as they do, a quarter of all at least.</summary>
    /// <param name="stable">The paper's choice.</param>
    /// <param name="global">All layers without a sliding window.</param>
    /// <param name="cost">What sparse layers and a coverage cost the answers.</param>
    internal static (IReadOnlyList<int> Layers, float Coverage) Choose(
        IReadOnlyList<int> stable, IReadOnlyList<int> global, Func<IReadOnlyList<int>, float, double> cost)
    {
        if (cost(stable, Coverages[0]) <= Tolerance)
        {
            return (stable, Coverages[0]);
        }

        int quarter = (global.Count + 3) / 4;
        foreach (float coverage in Coverages)
        {
            int first = quarter;
            int end = global.Count;
            while (first < end)
            {
                int middle = (first + end) / 2;
                if (cost([.. global.Skip(middle)], coverage) <= Tolerance)
                {
                    end = middle;
                }
                else
                {
                    first = middle + 1;
                }
            }

            if (global.Count - end >= quarter)
            {
                return ([.. global.Skip(end)], coverage);
            }
        }

        return ([], Coverages[^1]);
    }

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
