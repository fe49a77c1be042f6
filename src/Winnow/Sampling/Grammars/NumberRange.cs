using System.Globalization;
using System.Numerics;
using static Winnow.Sampling.Grammars.GrammarExpression;
using static Winnow.Sampling.Grammars.SchemaNumber;

namespace Winnow.Sampling.Grammars;

/// <summary>The decimal texts of the numbers between two bounds: without an exponent, and with at most 16 digits behind the point.</summary>
internal static class NumberRange
{
    private const int MaxDigits = 16;

    private static readonly GrammarExpression AnyDigits = new RepetitionExpression(JsonGrammar.Digit, 0, MaxDigits);
    private static readonly GrammarExpression Zeros = new RepetitionExpression(Text("0"), 0, MaxDigits);

    /// <param name="lower">The lower bound; null for none.</param>
    /// <param name="upper">The upper bound; null for none.</param>
    /// <returns>The texts, or null where no number lies between the bounds.</returns>
    public static GrammarExpression? Between(Bound? lower, Bound? upper)
    {
        List<GrammarExpression> choices = [];
        Bound zero = new(0, IsIncluded: true);
        Bound belowZero = new(0, IsIncluded: false);

        // Negative numbers are those of the mirrored range behind a sign; zero is written without one.
        if (lower is null || lower.Value.Value < 0)
        {
            Bound first = upper is { Value: < 0 } below ? below with { Value = -below.Value } : belowZero;
            Add(Text("-"), Magnitudes(first, lower is { } least ? least with { Value = -least.Value } : null));
        }

        if (upper is null || upper.Value.Value >= 0)
        {
            Add(Empty, Magnitudes(lower is { Value: >= 0 } above ? above : zero, upper));
        }

        return choices.Count == 0 ? null : Choice([.. choices]);

        void Add(GrammarExpression sign, GrammarExpression? magnitudes)
        {
            if (magnitudes is not null)
            {
                choices.Add(Sequence(sign, magnitudes));
            }
        }
    }

    private static GrammarExpression? Magnitudes(Bound lower, Bound? upper)
    {
        if (upper is { } highest && (lower.Value > highest.Value || (lower.Value == highest.Value && !(lower.IsIncluded && highest.IsIncluded))))
        {
            return null;
        }

        (BigInteger first, string above) = Split(lower.Value);
        List<GrammarExpression> choices = [];
        if (upper is not { } bound)
        {
            AddFraction(choices, first, AtLeast(above, lower.IsIncluded, isWhole: true));
            choices.Add(Sequence(IntegerRange.Between(first + 1, null), Fraction(AnyDigits)));
            return Choice([.. choices]);
        }

        (BigInteger last, string below) = Split(bound.Value);
        if (first == last)
        {
            AddFraction(choices, first, Within(above, lower.IsIncluded, below, bound.IsIncluded, isWhole: true));
        }
        else
        {
            AddFraction(choices, first, AtLeast(above, lower.IsIncluded, isWhole: true));
            if (first + 1 < last)
            {
                choices.Add(Sequence(IntegerRange.Between(first + 1, last - 1), Fraction(AnyDigits)));
            }

            AddFraction(choices, last, AtMost(below, bound.IsIncluded, isWhole: true));
        }

        return choices.Count == 0 ? null : Choice([.. choices]);
    }

    private static void AddFraction(List<GrammarExpression> choices, BigInteger whole, GrammarExpression? fraction)
    {
        if (fraction is not null)
        {
            choices.Add(Sequence(Text(whole.ToString(CultureInfo.InvariantCulture)), fraction));
        }
    }

    /// <summary>An optional fraction: none, or a point and at least one digit.</summary>
    private static GrammarExpression Fraction(GrammarExpression digits) => Optional(Sequence(Text("."), JsonGrammar.Digit, digits));

    private static (BigInteger Whole, string Fraction) Split(decimal value)
    {
        string text = value.ToString(CultureInfo.InvariantCulture);
        int point = text.IndexOf('.', StringComparison.Ordinal);
        return point < 0 ? (BigInteger.Parse(text, CultureInfo.InvariantCulture), "")
            : (BigInteger.Parse(text[..point], CultureInfo.InvariantCulture), text[(point + 1)..].TrimEnd('0'));
    }

    /// <summary>The digits that, behind a point, make no less than a fraction; at the front (<paramref name="isWhole"/>) with that point.</summary>
    private static GrammarExpression? AtLeast(string fraction, bool isIncluded, bool isWhole)
    {
        List<GrammarExpression> choices = [];
        if (fraction.Length == 0)
        {
            if (isIncluded)
            {
                return isWhole ? Fraction(AnyDigits) : AnyDigits;
            }

            choices.Add(Sequence(Zeros, Digits('1', '9'), AnyDigits));
            return Ahead(choices, isWhole);
        }

        if (fraction[0] < '9')
        {
            choices.Add(Sequence(Digits((char)(fraction[0] + 1), '9'), AnyDigits));
        }

        AddRest(choices, fraction[0], AtLeast(fraction[1..], isIncluded, isWhole: false));
        return Ahead(choices, isWhole);
    }

    /// <summary>The same for no more than a fraction. No digits at all are no more than any.</summary>
    private static GrammarExpression? AtMost(string fraction, bool isIncluded, bool isWhole)
    {
        List<GrammarExpression> choices = [];
        if (fraction.Length == 0)
        {
            return !isIncluded ? null : isWhole ? Optional(Sequence(Text("."), Text("0"), Zeros)) : Zeros;
        }

        if (fraction[0] > '0')
        {
            choices.Add(Sequence(Digits('0', (char)(fraction[0] - 1)), AnyDigits));
        }

        AddRest(choices, fraction[0], AtMost(fraction[1..], isIncluded, isWhole: false));
        return Choice(Empty, Ahead(choices, isWhole)!);
    }

    private static GrammarExpression? Within(string lower, bool lowerIncluded, string upper, bool upperIncluded, bool isWhole)
    {
        List<GrammarExpression> choices = [];
        if (lower.Length == 0 && upper.Length == 0)
        {
            return AtMost("", lowerIncluded && upperIncluded, isWhole);
        }

        char first = lower.Length == 0 ? '0' : lower[0];
        char last = upper.Length == 0 ? '0' : upper[0];
        string afterLower = lower.Length == 0 ? "" : lower[1..];
        string afterUpper = upper.Length == 0 ? "" : upper[1..];
        if (first == last)
        {
            AddRest(choices, first, Within(afterLower, lowerIncluded, afterUpper, upperIncluded, isWhole: false));
        }
        else
        {
            AddRest(choices, first, AtLeast(afterLower, lowerIncluded, isWhole: false));
            if (first + 1 < last)
            {
                choices.Add(Sequence(Digits((char)(first + 1), (char)(last - 1)), AnyDigits));
            }

            AddRest(choices, last, AtMost(afterUpper, upperIncluded, isWhole: false));
        }

        GrammarExpression? ahead = Ahead(choices, isWhole);
        return lower.Length > 0 || !lowerIncluded ? ahead : ahead is null ? Empty : Choice(Empty, ahead);
    }

    private static void AddRest(List<GrammarExpression> choices, char digit, GrammarExpression? rest)
    {
        if (rest is not null)
        {
            choices.Add(Sequence(Digits(digit, digit), rest));
        }
    }

    private static GrammarExpression? Ahead(List<GrammarExpression> choices, bool isWhole) =>
        choices.Count == 0 ? null : isWhole ? Sequence(Text("."), Choice([.. choices])) : Choice([.. choices]);

    private static ClassExpression Digits(char first, char last) => new(new CodePointSet([(first, last)]));
}
