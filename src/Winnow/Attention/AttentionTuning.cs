using System.Text.Json.Nodes;
using Winnow.Calibration;

namespace Winnow.Attention;

/// <summary>Values that suit a model better than the papers': one specification for each method, such as <c>a2ats:window=256</c>.</summary>
/// <remarks>They lie in the section <c>tuning</c> of the model's calibration file. What a user sets counts instead of them.</remarks>
internal sealed class AttentionTuning
{
    private const string MethodsKey = "methods";

    private readonly IReadOnlyList<string> _specifications;
    private readonly IReadOnlyList<AttentionOptions> _options;

    private AttentionTuning(IReadOnlyList<string> specifications)
    {
        _specifications = specifications;
        _options = [.. specifications.Select(AttentionOptions.Parse)];
        for (int i = 0; i < specifications.Count; i++)
        {
            // Whatever a record with defaults does not take over is not to be tuned.
            if (AttentionOptions.Parse(NameOf(specifications[i])).Tuned(this) != _options[i])
            {
                throw new AttentionSpecException(
                    $"tuning '{specifications[i]}': only pool of recycled, select of delta, rho, window and far of a2ats, tau and part of token-sparse can be tuned");
            }
        }
    }

    /// <summary>What a calibration file holds; nothing where there is none.</summary>
    /// <exception cref="CalibrationException">A specification is not one that there is, or names what cannot be tuned.</exception>
    public static AttentionTuning Of(ModelCalibration calibration)
    {
        try
        {
            return new AttentionTuning(calibration.Find(CalibrationFile.Tuning)?.Texts(MethodsKey) ?? []);
        }
        catch (AttentionSpecException e)
        {
            throw new CalibrationException($"{calibration.Path}: {e.Message}", e);
        }
    }

    /// <summary>The section of a file with other values for some methods.</summary>
    /// <param name="section">What the file holds; null for nothing.</param>
    /// <param name="specifications">The methods with all their values; a name alone goes back to the paper's.</param>
    /// <exception cref="AttentionSpecException">A specification is not one that there is, or names what cannot be tuned.</exception>
    public static CalibrationSectionDraft Change(CalibrationSectionDraft? section, IReadOnlyList<string> specifications)
    {
        IEnumerable<string> before = section?.Settings[MethodsKey]?.AsArray().Select(text => text!.GetValue<string>()) ?? [];
        AttentionTuning changed = new([.. before.ExceptBy(specifications.Select(NameOf), NameOf), .. specifications]);
        IEnumerable<string> kept = changed._specifications.Where(text => text.Contains(':', StringComparison.Ordinal));
        return new CalibrationSectionDraft
        {
            Settings = new JsonObject { [MethodsKey] = new JsonArray([.. kept.Select(text => JsonValue.Create(text))]) },
        };
    }

    /// <summary>The values of a method; null where there are none.</summary>
    public T? Find<T>()
        where T : class => _options.SelectMany(options => new object?[] { options.Prefill, options.Decode }).OfType<T>().FirstOrDefault();

    private static string NameOf(string specification) => specification.Split(':')[0].Trim();
}
