using System.Globalization;
using System.Numerics;
using System.Runtime.CompilerServices;

namespace Winnow;

/// <summary>The values that an option may have, from the least to the greatest. NaN is none of them.</summary>
/// <param name="Minimum">The least one.</param>
/// <param name="Maximum">The greatest one; the type's own for no bound.</param>
/// <param name="IsOdd">Whether only odd ones are allowed.</param>
internal readonly record struct Limits<T>(T Minimum, T Maximum, bool IsOdd = false)
    where T : struct, INumber<T>, IMinMaxValue<T>
{
    /// <summary>Whether a value is allowed.</summary>
    public bool Allow(T value) => value >= Minimum && value <= Maximum && (!IsOdd || T.IsOddInteger(value));

    /// <summary>The range as messages name it.</summary>
    public override string ToString() => string.Create(
        CultureInfo.InvariantCulture,
        $"{(IsOdd ? "odd, " : "")}{(Maximum == T.MaxValue ? $"{Minimum:0.######} or more" : $"{Minimum:0.######} to {Maximum:0.######}")}");
}

/// <summary>How option records check what they are set to, and the limits that several of them share.</summary>
/// <remarks>What is not allowed is an <see cref="ArgumentOutOfRangeException"/> that names the option, the value and the range.</remarks>
internal static class Limits
{
    /// <summary>Numbers of things of which there must be one.</summary>
    public static Limits<int> Positive { get; } = new(1, int.MaxValue);

    /// <summary>Numbers of things.</summary>
    public static Limits<int> NotNegative { get; } = new(0, int.MaxValue);

    /// <summary>Numbers of layers, of which no model has more.</summary>
    public static Limits<int> Layers { get; } = new(0, 4095);

    /// <summary>Widths of a pool, which has a middle.</summary>
    public static Limits<int> PoolWidth { get; } = new(1, 4095, IsOdd: true);

    /// <summary>The value, if it lies between two others.</summary>
    public static T Within<T>(T value, T minimum, T maximum, [CallerMemberName] string option = "")
        where T : struct, INumber<T>, IMinMaxValue<T> => Within(value, new Limits<T>(minimum, maximum), option);

    /// <summary>The value, if the limits allow it.</summary>
    public static T Within<T>(T value, Limits<T> limits, [CallerMemberName] string option = "")
        where T : struct, INumber<T>, IMinMaxValue<T> => limits.Allow(value) ? value : throw OutOfRange(value, limits.ToString(), option);

    /// <summary>The value, if there is none or the limits allow it.</summary>
    public static T? Within<T>(T? value, Limits<T> limits, [CallerMemberName] string option = "")
        where T : struct, INumber<T>, IMinMaxValue<T> => value is { } given ? Within(given, limits, option) : null;

    /// <summary>The values, if there are none or the limits allow each of them.</summary>
    public static IReadOnlyList<int>? EachWithin(IReadOnlyList<int>? values, Limits<int> limits, [CallerMemberName] string option = "")
    {
        foreach (int value in values ?? [])
        {
            Within(value, limits, option);
        }

        return values;
    }

    /// <summary>The value, if there is one.</summary>
    public static T NotNull<T>(T value, [CallerMemberName] string option = "")
        where T : class => value ?? throw new ArgumentNullException(option);

    /// <summary>The texts, if there are any and none of them is empty.</summary>
    public static IReadOnlyList<string> NoEmptyText(IReadOnlyList<string> value, [CallerMemberName] string option = "") =>
        NotNull(value, option).Any(string.IsNullOrEmpty)
            ? throw new ArgumentOutOfRangeException(option, $"{option} holds an empty text; allowed: one character or more")
            : value;

    /// <summary>What a setter throws for a value that is not allowed.</summary>
    public static ArgumentOutOfRangeException OutOfRange(IFormattable value, string allowed, [CallerMemberName] string option = "") =>
        new(option, $"{option} is {value.ToString(null, CultureInfo.InvariantCulture)}; allowed: {allowed}");
}
