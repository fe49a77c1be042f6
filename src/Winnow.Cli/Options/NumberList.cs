using System.Globalization;

namespace Winnow.Cli.Options;

/// <summary>Numbers separated by commas.</summary>
internal static class NumberList
{
    /// <exception cref="UsageException">Something in the list is no positive whole number.</exception>
    public static int[] Parse(string? list, string option) =>
        [.. (list ?? "").Split(',', StringSplitOptions.RemoveEmptyEntries | StringSplitOptions.TrimEntries).Select(word =>
            int.TryParse(word, NumberStyles.None, CultureInfo.InvariantCulture, out int number) && number > 0
                ? number
                : throw new UsageException($"{option}: '{word}' is not a number of tokens"))];

    /// <summary>Names separated by commas.</summary>
    public static string[] Names(string? list) =>
        (list ?? "").Split(',', StringSplitOptions.RemoveEmptyEntries | StringSplitOptions.TrimEntries);
}
