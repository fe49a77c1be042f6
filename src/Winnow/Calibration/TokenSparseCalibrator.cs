using System.Numerics.Tensors;
using System.Text.Json.Nodes;
using Winnow.Attention;
using Winnow.Attention.TokenSparse;
using Winnow.Compute;
using Winnow.Models;

namespace Winnow.Calibration;

/// <summary>Finds the layers that tolerate token-sparse attention: those that change the residual stream least.</summary>
/// <remarks>
/// Section 3 of the paper (see <see cref="TokenSparseAttention"/>): the drift of layer ℓ is the mean over tokens of
/// ‖hₗ₊₁ − hₗ‖ / (‖hₗ‖ + 1e-8); layers up to the δ quantile are sparse. Deviation: 16 K tokens instead of 128 K.
/// </remarks>
internal sealed class TokenSparseCalibrator : MethodCalibrator
{
    private const double Quantile = 0.5;
    private const int DefaultTokens = 16_384;
    private const int PieceTokens = 8192;

    public override string Method => TokenSparseAttention.Name;

    public override CalibrationSectionDraft Calibrate(CalibrationRun run)
    {
        AttentionLayers layers = run.Engine.Transformer.AttentionLayers;
        int[][] pieces = [.. run.Pieces(Math.Min(PieceTokens, run.Engine.Model.ContextLength), DefaultTokens)];
        DriftObserver observer = new(layers.Count);
        for (int i = 0; i < pieces.Length; i++)
        {
            run.Report("drift of the layers", (double)i / pieces.Length);
            run.Observe(observer, pieces[i]);
        }

        double[] drift = observer.Drift();
        return new CalibrationSectionDraft
        {
            Settings = new JsonObject
            {
                ["layers"] = new JsonArray([.. Choose(drift, layers.Global).Select(layer => JsonValue.Create(layer))]),
                ["drift"] = new JsonArray([.. drift.Select(value => JsonValue.Create(value))]),
                ["quantile"] = Quantile,
                ["tokens"] = pieces.Sum(piece => piece.Length),
                ["corpus"] = run.CorpusHash,
            },
        };
    }

    /// <summary>The layers without a sliding window whose drift is at most the quantile of all such layers.</summary>
    internal static IReadOnlyList<int> Choose(double[] drift, IReadOnlyList<int> global)
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
