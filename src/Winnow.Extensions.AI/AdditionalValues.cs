using System.Globalization;
using System.Text.Json;
using Microsoft.Extensions.AI;
using Winnow.Generation;
using Winnow.Sampling;

namespace Winnow.Extensions.AI;

/// <summary>Options of the engine that have no member in <see cref="ChatOptions"/>: names and values of its additional properties.</summary>
/// <remarks>Names are those of llama.cpp's server where it has them. What others put there is left alone.</remarks>
internal sealed class AdditionalValues(AdditionalPropertiesDictionary? properties)
{
    private static readonly Dictionary<string, Func<SamplingOptions, AdditionalValues, SamplingOptions>> Samplers = new(StringComparer.OrdinalIgnoreCase)
    {
        ["min_p"] = (options, values) => options with { MinP = values.Float("min_p") },
        ["typical_p"] = (options, values) => options with { TypicalP = values.Float("typical_p") },
        ["top_n_sigma"] = (options, values) => options with { TopNSigma = values.Float("top_n_sigma") },
        ["xtc_probability"] = (options, values) => options with { XtcProbability = values.Float("xtc_probability") },
        ["xtc_threshold"] = (options, values) => options with { XtcThreshold = values.Float("xtc_threshold") },
        ["repeat_penalty"] = (options, values) => options with { RepeatPenalty = values.Float("repeat_penalty") },
        ["repeat_last_n"] = (options, values) => options with { RepeatLastN = values.Int("repeat_last_n")!.Value },
        ["dry_multiplier"] = (options, values) => options with { DryMultiplier = values.Float("dry_multiplier") },
        ["dry_base"] = (options, values) => options with { DryBase = values.Float("dry_base") },
        ["dry_allowed_length"] = (options, values) => options with { DryAllowedLength = values.Int("dry_allowed_length")!.Value },
        ["dry_penalty_last_n"] = (options, values) => options with { DryPenaltyLastN = values.Int("dry_penalty_last_n")!.Value },
        ["mirostat"] = (options, values) => options with { Mirostat = values.Int("mirostat")!.Value },
        ["mirostat_tau"] = (options, values) => options with { MirostatTau = values.Float("mirostat_tau") },
        ["mirostat_eta"] = (options, values) => options with { MirostatEta = values.Float("mirostat_eta") },
        ["logprobs"] = (options, values) => options with { LogProbabilities = values.Bool("logprobs") },
        ["top_logprobs"] = (options, values) => options with { TopLogProbabilities = values.Int("top_logprobs")!.Value },
    };

    /// <summary>What the engine decides when it loads a model or starts to share it: a call cannot.</summary>
    private static readonly string[] Fixed = ["device", "gpu_layers", "threads", "kv_type", "context_length", "num_ctx"];

    private static readonly string[] Others =
        ["grammar", "full_context", "keep_tokens", ChatOptionsExtensions.AttentionKey, ChatOptionsExtensions.PriorityKey, ChatOptionsExtensions.ReasoningBudgetKey];

    /// <summary>Properties that nothing here knows: a misspelled one, or one for somebody else.</summary>
    public IReadOnlyList<string> Unknown =>
        [.. (properties?.Keys ?? []).Where(key => !Samplers.ContainsKey(key) && !Others.Contains(key, StringComparer.OrdinalIgnoreCase))];

    /// <summary>The sampling options with what the properties say.</summary>
    /// <exception cref="NotSupportedException">A property says what is decided when the model is loaded.</exception>
    public SamplingOptions Apply(SamplingOptions sampling)
    {
        foreach (string key in properties?.Keys ?? [])
        {
            if (Fixed.Contains(key, StringComparer.OrdinalIgnoreCase))
            {
                throw new NotSupportedException(
                    $"additional property '{key}': it is chosen when the model is loaded ({nameof(EngineOptions)}) or shared ({nameof(Scheduling.SchedulerOptions)}), not by a call");
            }

            if (properties![key] is not null && Samplers.TryGetValue(key, out Func<SamplingOptions, AdditionalValues, SamplingOptions>? set))
            {
                sampling = set(sampling, this);
            }
        }

        return sampling;
    }

    /// <summary>How to attend.</summary>
    public AttentionOptions? Attention() => Value(ChatOptionsExtensions.AttentionKey) switch
    {
        null => null,
        AttentionOptions attention => attention,
        _ => AttentionOptions.Parse(Text(ChatOptionsExtensions.AttentionKey)!),
    };

    /// <summary>What to do in a full context: error, shift, drop.</summary>
    public FullContextPolicy? FullContext() => Value("full_context") is FullContextPolicy policy ? policy : Text("full_context")?.ToUpperInvariant() switch
    {
        null => null,
        "ERROR" => FullContextPolicy.Error,
        "SHIFT" => FullContextPolicy.Shift,
        "DROP" or "DROPOLDESTMESSAGES" => FullContextPolicy.DropOldestMessages,
        string other => throw Wrong("full_context", other, "error, shift or drop"),
    };

    /// <summary>A text; null where there is none.</summary>
    public string? Text(string key) => Value(key) switch
    {
        null => null,
        string text => text,
        JsonElement { ValueKind: JsonValueKind.String } text => text.GetString(),
        object other => throw Wrong(key, other, "a text"),
    };

    /// <summary>A whole number; null where there is none.</summary>
    public int? Int(string key) => Value(key) is null ? null
        : Number(key) is double number && number == Math.Floor(number) && Math.Abs(number) <= int.MaxValue ? (int)number
        : throw Wrong(key, Value(key)!, "a whole number");

    private float Float(string key) => (float)Number(key);

    private bool Bool(string key) => Value(key) switch
    {
        bool value => value,
        JsonElement { ValueKind: JsonValueKind.True } => true,
        JsonElement { ValueKind: JsonValueKind.False } => false,
        object other => throw Wrong(key, other, "true or false"),
        null => false,
    };

    private double Number(string key) => Value(key) switch
    {
        JsonElement { ValueKind: JsonValueKind.Number } number => number.GetDouble(),
        string text when double.TryParse(text, NumberStyles.Float, CultureInfo.InvariantCulture, out double number) => number,
        int or long or float or double or decimal or short or byte => Convert.ToDouble(Value(key), CultureInfo.InvariantCulture),
        object other => throw Wrong(key, other, "a number"),
        null => 0,
    };

    private object? Value(string key) => properties is not null && properties.TryGetValue(key, out object? value) ? value : null;

    private static ArgumentException Wrong(string key, object value, string allowed) =>
        new($"additional property '{key}' is '{Convert.ToString(value, CultureInfo.InvariantCulture)}'; allowed: {allowed}", key);
}
