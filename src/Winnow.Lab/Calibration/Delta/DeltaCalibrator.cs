using System.Text.Json.Nodes;
using Winnow.Attention;
using Winnow.Attention.Delta;
using Winnow.Calibration;
using Winnow.Compute;
using Winnow.Generation;

namespace Winnow.Lab.Calibration.Delta;

/// <summary>Finds the layers whose pages serve the layers behind them: those that select in <see cref="DeltaAttention"/>.</summary>
/// <remarks>
/// Section 4 of the paper finds peaks in the distance of neighbouring attention maps. Deviation: all sets of so many layers are
/// tried, and the one is taken whose readers recover most of their attention to far rows; the distances are only written down.
/// The sum over readers, not the worst of them: a layer that hardly looks back may miss what little it sees there.
/// Half of the prompts are questions about facts hidden in the corpus, because plain prose seldom looks back far.
/// </remarks>
internal sealed class DeltaCalibrator : MethodCalibrator
{
    private const int PromptTokens = 8192;
    private const int Prompts = 12;
    private const int Steps = 64;

    public override string Method => DeltaAttention.Name;

    public override string Origin(CalibrationRun run) => run.OriginWith();

    public override CalibrationSectionDraft Calibrate(CalibrationRun run)
    {
        AttentionLayers layers = run.Engine.Transformer.AttentionLayers;
        int count = layers.Global.Count;
        int dense = DeltaAttention.DenseLayers(count);
        if (count <= dense)
        {
            throw new WinnowException($"delta: with {count} full-attention layers none is left to read the pages that others select");
        }

        DeltaMaps maps = new(new DeltaAttention(), layers);
        int length = Math.Clamp(run.TokenLimit(PromptTokens * Prompts) / Prompts, 1, Math.Min(PromptTokens, run.Engine.Model.ContextLength));
        List<(int[] Prompt, int[] Forced)> texts = [.. Continuations(run, length), .. CalibrationQuestions.Create(run, Prompts / 2, length)];
        for (int i = 0; i < texts.Count; i++)
        {
            run.Report("attention maps", (double)i / texts.Count);
            Observe(run, maps, texts[i].Prompt, texts[i].Forced);
        }

        if (maps.Steps == 0)
        {
            throw new WinnowException($"delta: no text of the corpus is longer than the {new DeltaAttention().Pages} pages that a layer reads");
        }

        double[,] found = maps.Found;
        IReadOnlyList<int> chosen = Choose(found, dense);
        return new CalibrationSectionDraft
        {
            Settings = new JsonObject
            {
                ["select"] = new JsonArray([.. chosen.Select(place => JsonValue.Create(layers.Global[place]))]),
                ["recovered"] = new JsonArray([.. Enumerable.Range(0, count).Select(reader => JsonValue.Create(Recovered(found, chosen, reader)))]),
                ["shift"] = new JsonArray([.. maps.Shift.Select(value => JsonValue.Create(value))]),
                ["steps"] = maps.Steps,
                ["corpus"] = run.CorpusHash,
            },
        };
    }

    /// <summary>
    /// The layers on whose pages those behind them find most; of equal sets the one that begins earliest. What comes before the
    /// first of them reads everything as well.
    /// </summary>
    /// <param name="found">[publisher, reader]: see <see cref="DeltaMaps.Found"/>.</param>
    /// <param name="dense">How many layers read everything.</param>
    internal static IReadOnlyList<int> Choose(double[,] found, int dense)
    {
        int count = found.GetLength(0);
        int[] best = [];
        double most = double.NegativeInfinity;
        for (int first = 0; first < dense; first++)
        {
            foreach (int[] others in Sets(first + 1, count, dense - first - 1))
            {
                int[] chosen = [first, .. others];
                double sum = Enumerable.Range(0, count).Sum(reader => found[reader < first ? reader : Publisher(chosen, reader), reader]);
                if (sum > most)
                {
                    (best, most) = (chosen, sum);
                }
            }
        }

        return best;
    }

    /// <summary>All ascending sets of so many numbers, in lexicographic order.</summary>
    private static IEnumerable<int[]> Sets(int first, int end, int size) => size == 0
        ? [[]]
        : Enumerable.Range(first, Math.Max(end - first, 0)).SelectMany(number => Sets(number + 1, end, size - 1).Select(rest => (int[])[number, .. rest]));

    private static int Publisher(IReadOnlyList<int> chosen, int reader) => chosen.Last(publisher => publisher <= reader);

    /// <summary>What a layer finds on the pages it reads, over what it would find on its own; 1 where it looks nowhere far.</summary>
    private static double Recovered(double[,] found, IReadOnlyList<int> chosen, int reader) =>
        reader < chosen[0] || found[reader, reader] <= 0 ? 1 : found[Publisher(chosen, reader), reader] / found[reader, reader];

    /// <summary>Pieces of the corpus whose last tokens are decoded one by one.</summary>
    private static IEnumerable<(int[] Prompt, int[] Forced)> Continuations(CalibrationRun run, int length) =>
        run.Pieces(length, PromptTokens * Prompts / 2)
            .Where(piece => piece.Length > 2 * Steps)
            .Select(piece => (piece[..^Steps], piece[^Steps..]));

    private static void Observe(CalibrationRun run, DeltaMaps maps, int[] prompt, int[] forced)
    {
        using Session session = run.Engine.CreateSession(new SessionOptions { Attention = new AttentionOptions { Decode = new Probe(maps) } });
        session.Prefill(prompt, cancellationToken: run.Cancellation);
        session.Diagnostics.Force(forced, cancellationToken: run.Cancellation);
    }

    /// <summary>Lets every session feed the same maps.</summary>
    internal sealed record Probe(DeltaMaps Maps) : DecodeAttention
    {
        internal override string Specification => "delta-maps";

        internal override DecodeMethod CreateMethod(MethodSetup setup, RowSelector selector) => Maps;
    }
}
