using System.Globalization;
using System.Numerics;

namespace Winnow.Attention;

/// <summary>The <c>key=value</c> part of one method in a specification; every key must be read, or it is an error.</summary>
internal sealed class SpecKeys
{
    private static readonly (string Suffix, int Shift)[] SizeSuffixes = [("KiB", 10), ("MiB", 20), ("GiB", 30)];

    private readonly string _method;
    private readonly Dictionary<string, string> _values = new(StringComparer.Ordinal);
    private readonly List<string> _known = [];

    public SpecKeys(string method, string list)
    {
        _method = method;
        foreach (string assignment in list.Split(',', StringSplitOptions.RemoveEmptyEntries | StringSplitOptions.TrimEntries))
        {
            int equals = assignment.IndexOf('=', StringComparison.Ordinal);
            if (equals <= 0 || equals == assignment.Length - 1)
            {
                throw Wrong($"'{assignment}' must be key=value");
            }

            if (!_values.TryAdd(assignment[..equals], assignment[(equals + 1)..]))
            {
                throw Wrong($"'{assignment[..equals]}' is given twice");
            }
        }
    }

    public bool Has(string key) => _values.ContainsKey(key);

    /// <summary>A number within limits, those of the option that it sets.</summary>
    public T? Number<T>(string key, Limits<T> limits)
        where T : struct, INumber<T>, IMinMaxValue<T>
    {
        if (Take(key) is not { } text)
        {
            return null;
        }

        bool isInteger = typeof(T) == typeof(int);
        return T.TryParse(text, isInteger ? NumberStyles.AllowLeadingSign : NumberStyles.Float, CultureInfo.InvariantCulture, out T value) && limits.Allow(value)
            ? value
            : throw Wrong($"{key}={text} must be {(isInteger ? "an integer" : "a number")}, {limits}");
    }

    /// <summary>A list such as <c>2/14/22</c> or <c>15-30</c>, or both mixed.</summary>
    public IReadOnlyList<int>? Integers(string key)
    {
        if (Take(key) is not { } text)
        {
            return null;
        }

        List<int> values = [];
        foreach (string part in text.Split('/'))
        {
            string[] ends = part.Split('-');
            if (ends.Length > 2
                || !int.TryParse(ends[0], NumberStyles.None, CultureInfo.InvariantCulture, out int first)
                || !int.TryParse(ends[^1], NumberStyles.None, CultureInfo.InvariantCulture, out int last)
                || last < first || !Limits.Layers.Allow(last))
            {
                throw Wrong($"{key}={text} must be numbers like 2/14/22 or ranges like 15-30, {Limits.Layers}");
            }

            for (int value = first; value <= last; value++)
            {
                values.Add(value);
            }
        }

        return values;
    }

    public string? Text(string key) => Take(key);

    /// <summary>A number of bytes such as <c>512MiB</c>, <c>2GiB</c> or <c>65536</c>.</summary>
    public long? Bytes(string key)
    {
        if (Take(key) is not { } text)
        {
            return null;
        }

        (string suffix, int shift) = Array.Find(SizeSuffixes, unit => text.EndsWith(unit.Suffix, StringComparison.OrdinalIgnoreCase));
        return long.TryParse(text.AsSpan(0, text.Length - (suffix?.Length ?? 0)), NumberStyles.None, CultureInfo.InvariantCulture, out long value)
            && value <= long.MaxValue >> shift
            ? value << shift
            : throw Wrong($"{key}={text} must be a number of bytes, such as 512MiB or 2GiB");
    }

    public string Choice(string key, string first, string second) => Take(key) is not { } text ? first
        : text == first || text == second ? text
        : throw Wrong($"{key}={text} must be {first} or {second}");

    /// <summary>Refuses keys that nobody has asked for.</summary>
    public void CheckAllRead()
    {
        foreach (string key in _values.Keys)
        {
            if (!_known.Contains(key))
            {
                throw Wrong($"there is no key '{key}'; keys are {string.Join(", ", _known.Distinct())}");
            }
        }
    }

    public InvalidOptionException Wrong(string problem) => new($"attention '{_method}': {problem}");

    private string? Take(string key)
    {
        _known.Add(key);
        return _values.GetValueOrDefault(key);
    }
}
