using System.Collections;
using System.Diagnostics.CodeAnalysis;

namespace Winnow.Formats;

/// <summary>The key-value part of a GGUF file, in file order, with typed access that names key, value and expectation when it fails.</summary>
/// <remarks>
/// A value is a boxed <see cref="byte"/>, <see cref="sbyte"/>, <see cref="ushort"/>, <see cref="short"/>, <see cref="uint"/>,
/// <see cref="int"/>, <see cref="ulong"/>, <see cref="long"/>, <see cref="float"/>, <see cref="double"/>, <see cref="bool"/>,
/// a <see cref="string"/>, or a one-dimensional array of one of these (an array of arrays is an <c>object[]</c>).
/// </remarks>
internal sealed class GgufMetadata : IEnumerable<KeyValuePair<string, object>>
{
    /// <summary>Characters of a text that errors repeat.</summary>
    private const int MaxQuotation = 200;

    private readonly Dictionary<string, object> _values = new(StringComparer.Ordinal);
    private readonly List<string> _order = [];
    private readonly string _path;

    /// <summary>Creates an empty set.</summary>
    /// <param name="path">The file that errors name.</param>
    public GgufMetadata(string path)
    {
        _path = path;
    }

    /// <summary>How many keys there are.</summary>
    public int Count => _order.Count;

    /// <summary>Adds or replaces a value; a new key goes to the end.</summary>
    /// <exception cref="ArgumentException">The value is of no type that GGUF stores.</exception>
    public void Set(string key, object value)
    {
        ArgumentException.ThrowIfNullOrEmpty(key);
        ArgumentNullException.ThrowIfNull(value);
        if (!GgufValue.IsStorable(value))
        {
            throw new ArgumentException($"GGUF has no value type for {value.GetType()}", nameof(value));
        }

        if (!_values.ContainsKey(key))
        {
            _order.Add(key);
        }

        _values[key] = value;
    }

    /// <summary>Whether the key is present.</summary>
    public bool Contains(string key) => _values.ContainsKey(key);

    /// <summary>The raw value.</summary>
    public bool TryGet(string key, [MaybeNullWhen(false)] out object value) => _values.TryGetValue(key, out value);

    /// <summary>A text.</summary>
    /// <exception cref="ModelFormatException">The key is missing or holds something else.</exception>
    public string GetString(string key) => GetStringOrNull(key) ?? throw Missing(key, "a string");

    /// <summary>A text, or null where the key is absent.</summary>
    /// <exception cref="ModelFormatException">The key holds something else.</exception>
    public string? GetStringOrNull(string key) =>
        !_values.TryGetValue(key, out object? value) ? null : value as string ?? throw Wrong(key, value, "a string");

    /// <summary>An integer of any width that fits into an <see cref="int"/>.</summary>
    /// <exception cref="ModelFormatException">The key is missing, holds something else, or does not fit.</exception>
    public int GetInt32(string key) => GetInt32OrNull(key) ?? throw Missing(key, "an integer");

    /// <summary>An integer of any width, or null where the key is absent.</summary>
    /// <exception cref="ModelFormatException">The key holds something else or does not fit.</exception>
    public int? GetInt32OrNull(string key)
    {
        if (!_values.TryGetValue(key, out object? value))
        {
            return null;
        }

        long? number = value switch
        {
            byte v => v,
            sbyte v => v,
            ushort v => v,
            short v => v,
            uint v => v,
            int v => v,
            long v => v,
            ulong v when v <= long.MaxValue => (long)v,
            _ => null,
        };
        return number is >= int.MinValue and <= int.MaxValue ? (int)number.Value : throw Wrong(key, value, "a 32-bit integer");
    }

    /// <summary>A number as <see cref="float"/>, or null where the key is absent.</summary>
    /// <exception cref="ModelFormatException">The key holds no number.</exception>
    public float? GetSingleOrNull(string key) => !_values.TryGetValue(key, out object? value) ? null : value switch
    {
        float v => v,
        double v => (float)v,
        _ => GetInt32OrNull(key),
    };

    /// <summary>A truth value, or null where the key is absent.</summary>
    /// <exception cref="ModelFormatException">The key holds something else.</exception>
    public bool? GetBoolOrNull(string key) =>
        !_values.TryGetValue(key, out object? value) ? null : value is bool v ? v : throw Wrong(key, value, "a bool");

    /// <summary>An array, or null where the key is absent.</summary>
    /// <typeparam name="T">The exact element type in the file.</typeparam>
    /// <exception cref="ModelFormatException">The key holds something else.</exception>
    public T[]? GetArrayOrNull<T>(string key) =>
        !_values.TryGetValue(key, out object? value) ? null
        : value.GetType() == typeof(T[]) ? (T[])value // "as" would let an uint[] pass for an int[]
        : throw Wrong(key, value, $"an array of {typeof(T).Name}");

    /// <inheritdoc/>
    public IEnumerator<KeyValuePair<string, object>> GetEnumerator()
    {
        foreach (string key in _order)
        {
            yield return new KeyValuePair<string, object>(key, _values[key]);
        }
    }

    IEnumerator IEnumerable.GetEnumerator() => GetEnumerator();

    private ModelFormatException Missing(string key, string expected) => new(_path, $"metadata key '{key}' is missing ({expected} is needed)");

    private ModelFormatException Wrong(string key, object found, string expected)
    {
        string description = found is Array array
            ? $"an array of {array.Length} {array.GetType().GetElementType()?.Name}"
            : $"{(found is string { Length: > MaxQuotation } text ? text[..MaxQuotation] + '…' : found)} ({found.GetType().Name})";
        return new ModelFormatException(_path, $"metadata key '{key}' is {description}, but must be {expected}");
    }
}
