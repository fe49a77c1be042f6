using System.Globalization;
using System.Numerics;
using static Winnow.Sampling.Grammars.GrammarExpression;

namespace Winnow.Sampling.Grammars;

/// <summary>The decimal texts of the integers between two bounds.</summary>
internal static class IntegerRange
{
    /// <summary>The most digits where there is no bound.</summary>
    private const int MaxDigits = 16;

    /// <param name="minimum">The least integer; null for none.</param>
    /// <param name="maximum">The greatest integer; null for none.</param>
    public static GrammarExpression Between(BigInteger? minimum, BigInteger? maximum)
    {
        List<GrammarExpression> choices = [];
        if (minimum is null || minimum < 0)
        {
            BigInteger least = maximum < 0 ? -maximum.Value : 1;
            choices.Add(Sequence(Text("-"), Magnitudes(least, -minimum)));
        }

        if (maximum is null || maximum >= 0)
        {
            choices.Add(Magnitudes(minimum is null ? 0 : BigInteger.Max(minimum.Value, 0), maximum));
        }

        return Choice([.. choices]);
    }

    /// <summary>The texts of integers that are not negative.</summary>
    private static GrammarExpression Magnitudes(BigInteger first, BigInteger? last)
    {
        string low = Digits(first);
        string high = last is null ? new string('9', Math.Max(MaxDigits, low.Length)) : Digits(last.Value);
        List<GrammarExpression> choices = [];
        for (int length = low.Length; length <= high.Length; length++)
        {
            string from = length == low.Length ? low : "1" + new string('0', length - 1);
            string to = length == high.Length ? high : new string('9', length);
            choices.Add(SameLength(from, to));
        }

        return Choice([.. choices]);
    }

    private static string Digits(BigInteger value) => value.ToString(CultureInfo.InvariantCulture);

    /// <summary>The texts between two of the same length.</summary>
    private static GrammarExpression SameLength(string from, string to)
    {
        if (from.Length == 0)
        {
            return Empty;
        }

        int rest = from.Length - 1;
        string zeros = new('0', rest);
        string nines = new('9', rest);
        if (from[0] == to[0])
        {
            return Sequence(Text(from[..1]), SameLength(from[1..], to[1..]));
        }

        // The first digit at its bounds limits the others, between them it does not.
        List<GrammarExpression> choices = [];
        char first = from[0];
        char last = to[0];
        if (from[1..] != zeros)
        {
            choices.Add(Sequence(Text(from[..1]), SameLength(from[1..], nines)));
            first++;
        }

        if (to[1..] != nines)
        {
            choices.Add(Sequence(Text(to[..1]), SameLength(zeros, to[1..])));
            last--;
        }

        if (first <= last)
        {
            choices.Add(Sequence(
                new ClassExpression(new CodePointSet([(first, last)])), new RepetitionExpression(JsonGrammar.Digit, rest, rest)));
        }

        return Choice([.. choices]);
    }
}
