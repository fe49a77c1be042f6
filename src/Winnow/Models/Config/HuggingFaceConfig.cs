using System.Text;
using System.Text.Json;
using Winnow.Compute;
using Winnow.Formats;
using Winnow.Models.Architectures;

namespace Winnow.Models.Config;

/// <summary>A config.json with the defaults of its class behind it; errors name file, key, value and what is allowed.</summary>
internal sealed class HuggingFaceConfig
{
    private readonly JsonElement _values;
    private readonly JsonElement _defaults;
    private readonly string _prefix;
    private readonly IReadOnlyDictionary<string, string> _aliases;

    private HuggingFaceConfig(
        string path, JsonElement values, JsonElement defaults, string prefix = "", IReadOnlyDictionary<string, string>? aliases = null)
    {
        _aliases = aliases ?? new Dictionary<string, string>();
        Path = path;
        _values = values;
        _defaults = defaults;
        _prefix = prefix;
    }

    /// <summary>The file that errors name.</summary>
    public string Path { get; }

    /// <summary>Reads a config.json.</summary>
    /// <exception cref="ModelFormatException">The file is missing or no JSON object.</exception>
    public static HuggingFaceConfig Open(string path) => new(path, JsonFile.Read(path), JsonFile.Empty);

    /// <summary>The same values with the keys of an architecture, and its defaults behind them.</summary>
    public HuggingFaceConfig WithDefaults(Architecture architecture) => new(
        Path,
        _values,
        JsonFile.Parse(architecture.HuggingFaceName, Encoding.UTF8.GetBytes(architecture.HuggingFaceDefaults)),
        aliases: architecture.HuggingFaceKeys);

    /// <summary>Whether the file itself has the key, with a value that is not null.</summary>
    public bool Contains(string key) => InFile(key) is { ValueKind: not JsonValueKind.Null };

    /// <summary>A text, or null.</summary>
    public string? GetStringOrNull(string key) => Find(key) switch
    {
        null => null,
        { ValueKind: JsonValueKind.String } value => value.GetString(),
        { } value => throw Wrong(key, value, "a text"),
    };

    /// <summary>Whether a value is a certain text, where other values than texts are possible.</summary>
    public bool IsText(string key, string text) => Find(key) is { ValueKind: JsonValueKind.String } value && value.GetString() == text;

    /// <summary>A non-linearity; SiLU where there is none.</summary>
    public Activation GetActivation(string key) => GetStringOrNull(key) is not { } name ? Activation.Silu
        : ActivationNames.Find(name) ?? throw Wrong(key, $"one of {ActivationNames.All}");

    /// <summary>An integer.</summary>
    public int GetInt32(string key) => GetInt32OrNull(key) ?? throw Missing(key);

    /// <summary>An integer, or null.</summary>
    public int? GetInt32OrNull(string key) => Find(key) switch
    {
        null => null,
        { ValueKind: JsonValueKind.Number } value when value.TryGetInt32(out int number) => number,
        { ValueKind: JsonValueKind.Number } value when value.TryGetDouble(out double number) && number == (int)number => (int)number,
        { } value => throw Wrong(key, value, "a 32-bit integer"),
    };

    /// <summary>A number, or null.</summary>
    public float? GetSingleOrNull(string key) => Find(key) switch
    {
        null => null,
        { ValueKind: JsonValueKind.Number } value when value.TryGetSingle(out float number) && float.IsFinite(number) => number,
        { } value => throw Wrong(key, value, "a number"),
    };

    /// <summary>A truth value, or null.</summary>
    public bool? GetBoolOrNull(string key) => Find(key) switch
    {
        null => null,
        { ValueKind: JsonValueKind.True } => true,
        { ValueKind: JsonValueKind.False } => false,
        { } value => throw Wrong(key, value, "true or false"),
    };

    /// <summary>An object inside, or null.</summary>
    public HuggingFaceConfig? GetObjectOrNull(string key) => Find(key) switch
    {
        null => null,
        { ValueKind: JsonValueKind.Object } value => new HuggingFaceConfig(Path, value, JsonFile.Empty, $"{_prefix}{key}."),
        { } value => throw Wrong(key, value, "an object"),
    };

    /// <summary>A list of numbers, or null.</summary>
    public float[]? GetSinglesOrNull(string key) =>
        Find(key) is not { } list ? null
        : list.ValueKind == JsonValueKind.Array
            && list.EnumerateArray().All(value => value.ValueKind == JsonValueKind.Number && value.TryGetSingle(out _))
            ? [.. list.EnumerateArray().Select(value => value.GetSingle())]
            : throw Wrong(key, list, "a list of numbers");

    /// <summary>A lower and an upper limit; where there is none, or it is no number (Python writes infinity in its own way), what they usually are.</summary>
    public (float Least, float Most) GetLimits(string key, float least, float most)
    {
        if (Find(key) is not { ValueKind: JsonValueKind.Array } list || list.GetArrayLength() != 2)
        {
            return (least, most);
        }

        return (Limit(list[0], least), Limit(list[1], most));

        static float Limit(JsonElement value, float usual) =>
            value.ValueKind == JsonValueKind.Number && value.TryGetSingle(out float number) ? number : usual;
    }

    /// <summary>A list of texts, or null.</summary>
    public string[]? GetStringsOrNull(string key) =>
        Find(key) is not { } list ? null
        : list.ValueKind == JsonValueKind.Array && list.EnumerateArray().All(value => value.ValueKind == JsonValueKind.String)
            ? [.. list.EnumerateArray().Select(value => value.GetString()!)]
            : throw Wrong(key, list, "a list of texts");

    /// <summary>The refusal of a value.</summary>
    public ModelFormatException Wrong(string key, string expected) => Wrong(key, Find(key) ?? default, expected);

    /// <summary>A list of integers, or null.</summary>
    public int[]? GetInt32sOrNull(string key) =>
        Find(key) is not { } list ? null
        : list.ValueKind == JsonValueKind.Array && list.EnumerateArray().All(value => value.ValueKind == JsonValueKind.Number && value.TryGetInt32(out _))
            ? [.. list.EnumerateArray().Select(value => value.GetInt32())]
            : throw Wrong(key, list, "a list of 32-bit integers");

    /// <summary>An integer that is written once, or once for each layer, or null.</summary>
    public int[]? GetInt32OrListOrNull(string key, int layers) => Find(key) switch
    {
        null => null,
        { ValueKind: JsonValueKind.Array } list => GetInt32sOrNull(key) is { } numbers && numbers.Length >= layers
            ? numbers[..layers]
            : throw Wrong(key, list, $"an integer, or a list of {layers}"),
        _ => [.. Enumerable.Repeat(GetInt32(key), layers)],
    };

    private JsonElement? Find(string key)
    {
        if (InFile(key) is { } value)
        {
            return value.ValueKind == JsonValueKind.Null ? null : value;
        }

        return _defaults.TryGetProperty(key, out value) ? value : null;
    }

    /// <summary>The value in the file, under the architecture's name of the key or the usual one.</summary>
    private JsonElement? InFile(string key)
    {
        JsonElement value = _values;
        if (_aliases.TryGetValue(key, out string? alias))
        {
            bool isThere = true;
            foreach (string part in alias.Split('.'))
            {
                isThere = isThere && value.ValueKind == JsonValueKind.Object && value.TryGetProperty(part, out value);
            }

            if (isThere)
            {
                return value;
            }
        }

        return _values.TryGetProperty(key, out value) ? value : null;
    }

    private ModelFormatException Missing(string key) => new(Path, $"key '{_prefix}{NameOf(key)}' is missing");

    private string NameOf(string key) => _aliases.GetValueOrDefault(key, key);

    private ModelFormatException Wrong(string key, JsonElement value, string expected)
    {
        string text = value.ValueKind == JsonValueKind.Undefined ? "missing" : value.GetRawText();
        return new ModelFormatException(Path, $"key '{_prefix}{NameOf(key)}' is {(text.Length > 60 ? text[..60] + "…" : text)}, but must be {expected}");
    }
}
