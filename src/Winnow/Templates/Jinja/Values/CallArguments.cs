namespace Winnow.Templates.Jinja.Values;

/// <summary>The values that a call passes.</summary>
internal sealed record CallArguments(object?[] Positional, KeyValuePair<string, object?>[] Keywords)
{
    public static CallArguments Empty { get; } = new([], []);

    /// <summary>The arguments without the first positional ones.</summary>
    public CallArguments Skip(int count) => new(Positional[count..], Keywords);
}
