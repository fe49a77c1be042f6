using System.Text.Json.Nodes;
using Winnow.Attention;
using Winnow.Calibration;

namespace Winnow.Generation;

/// <summary>The section <c>tuning</c> of a model's calibration file: one specification for each method, such as <c>a2ats:window=256</c>.</summary>
internal static class TuningSection
{
    private const string MethodsKey = "methods";

    /// <summary>What a calibration file holds; nothing where there is none.</summary>
    /// <exception cref="WinnowException">A specification is not one that there is, or names what cannot be tuned.</exception>
    public static AttentionTuning Of(ModelCalibration calibration)
    {
        try
        {
            return Parse(calibration.Find(CalibrationFile.Tuning)?.Texts(MethodsKey) ?? []);
        }
        catch (InvalidOptionException e)
        {
            throw new WinnowException($"{calibration.Path}: {e.Message}", e);
        }
    }

    /// <summary>The section of a file with other values for some methods.</summary>
    /// <param name="section">What the file holds; null for nothing.</param>
    /// <param name="specifications">The methods with all their values; a name alone goes back to the paper's.</param>
    /// <exception cref="InvalidOptionException">A specification is not one that there is, or names what cannot be tuned.</exception>
    public static CalibrationSectionDraft Change(CalibrationSectionDraft? section, IReadOnlyList<string> specifications)
    {
        IEnumerable<string> before = (section?.Settings[MethodsKey] as JsonArray)?.OfType<JsonValue>().Select(text => text.TryGetValue(out string? value) ? value : "") ?? [];
        string[] changed = [.. before.ExceptBy(specifications.Select(NameOf), NameOf), .. specifications];
        Parse(changed);
        IEnumerable<string> kept = changed.Where(text => text.Contains(':', StringComparison.Ordinal));
        return new CalibrationSectionDraft
        {
            Settings = new JsonObject { [MethodsKey] = new JsonArray([.. kept.Select(text => JsonValue.Create(text))]) },
        };
    }

    private static AttentionTuning Parse(IReadOnlyList<string> specifications)
    {
        AttentionOptions[] options = [.. specifications.Select(AttentionOptions.Parse)];
        AttentionTuning tuning = new([.. options.SelectMany(one => new object?[] { one.Prefill, one.Decode }).OfType<object>()]);
        for (int i = 0; i < options.Length; i++)
        {
            // Whatever a record with defaults does not take over is not to be tuned.
            if (AttentionOptions.Parse(NameOf(specifications[i])).Tuned(tuning) != options[i])
            {
                throw new InvalidOptionException(
                    $"tuning '{specifications[i]}': only pool of recycled, select of delta, rho, window and far of a2ats, tau and part of token-sparse can be tuned");
            }
        }

        return tuning;
    }

    private static string NameOf(string specification) => specification.Split(':')[0].Trim();
}
