using System.Text.RegularExpressions;

namespace Winnow.Fuzz.Running;

/// <summary>An input that did what no input may.</summary>
/// <param name="Surface">Where.</param>
/// <param name="Seed">The run.</param>
/// <param name="Number">The input's number.</param>
/// <param name="Kind">What it did: <c>exception</c>, <c>time</c>, <c>memory</c> or <c>death</c>.</param>
/// <param name="Details">The exception, or figures.</param>
internal sealed partial record Failure(string Surface, ulong Seed, long Number, string Kind, string Details)
{
    /// <summary>What is the same for inputs that fail in the same place: the kind, the type of the exception and its innermost lines of the product.</summary>
    public string Signature => string.Join(
        " < ", [Kind, Details.Split([':', '\n'], 2)[0], .. Frame().Matches(Details).Take(3).Select(match => match.Groups[1].Value)]);

    [GeneratedRegex(@"at (Winnow\.(?!Fuzz)[^(]+)\(")]
    private static partial Regex Frame();
}
