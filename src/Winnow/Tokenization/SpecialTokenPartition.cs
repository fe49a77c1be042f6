using System.Text;

namespace Winnow.Tokenization;

/// <summary>Cuts a text at the special tokens that occur in it.</summary>
/// <remarks>
/// Longer tokens take their places before shorter ones, wherever they are in the text; that is how llama.cpp resolves
/// overlaps. One pass finds out which tokens occur at all, so that a vocabulary with thousands of them costs nothing.
/// </remarks>
internal sealed class SpecialTokenPartition
{
    private const string WhiteSpace = " \t\n\v\f\r";

    private readonly SpecialToken[] _tokens;
    private readonly Lazy<SpecialTokenFinder> _all;
    private readonly Lazy<SpecialTokenFinder> _always;

    /// <summary>For each of the tokens that are always recognized, its place among all.</summary>
    private readonly int[] _orderOfAlways;

    public SpecialTokenPartition(IEnumerable<SpecialToken> tokens)
    {
        _tokens = [.. tokens.OrderByDescending(token => Encoding.UTF8.GetByteCount(token.Text)).ThenBy(token => token.Id)];
        _orderOfAlways = [.. Enumerable.Range(0, _tokens.Length).Where(order => !_tokens[order].IsControl)];
        _all = new Lazy<SpecialTokenFinder>(() => new SpecialTokenFinder([.. _tokens.Select(token => token.Text)]));
        _always = new Lazy<SpecialTokenFinder>(() => new SpecialTokenFinder([.. _orderOfAlways.Select(order => _tokens[order].Text)]));
    }

    /// <summary>The fragments of a text in order: special tokens, and text between them.</summary>
    /// <param name="text">The text.</param>
    /// <param name="parseControl">Whether control tokens are recognized.</param>
    /// <param name="foreign">Parts of the text, in order, whose characters belong to no control token.</param>
    public List<Fragment> Split(ReadOnlySpan<char> text, bool parseControl, IReadOnlyList<(int Start, int End)> foreign)
    {
        List<Fragment> fragments = [];
        if (text.Length > 0)
        {
            fragments.Add(new Fragment(0, text.Length, -1));
        }

        foreach (int order in Occurring(text, parseControl))
        {
            List<Fragment> cut = new(fragments.Count + 2);
            foreach (Fragment fragment in fragments)
            {
                if (fragment.TokenId >= 0)
                {
                    cut.Add(fragment);
                }
                else
                {
                    Cut(text, fragment, _tokens[order], foreign, cut);
                }
            }

            fragments = cut;
        }

        return fragments;
    }

    private List<int> Occurring(ReadOnlySpan<char> text, bool parseControl) => parseControl
        ? _all.Value.Occurring(text)
        : _always.Value.Occurring(text).ConvertAll(order => _orderOfAlways[order]);

    private static void Cut(ReadOnlySpan<char> text, Fragment fragment, SpecialToken token, IReadOnlyList<(int Start, int End)> foreign, List<Fragment> output)
    {
        int start = fragment.Start;
        int end = fragment.Start + fragment.Length;
        int search = start;
        while (search < end)
        {
            int match = text[search..end].IndexOf(token.Text, StringComparison.Ordinal);
            if (match < 0)
            {
                break;
            }

            match += search;
            int after = match + token.Text.Length;
            if (token.IsControl && Touches(foreign, match, after))
            {
                search = match + 1;
                continue;
            }

            if (token.SingleWord && (TouchesWord(text, match - 1) || TouchesWord(text, after)))
            {
                search = after;
                continue;
            }

            int left = match - start;
            if (token.StripLeft)
            {
                left = text.Slice(start, left).TrimEnd(WhiteSpace).Length;
            }

            if (left > 0)
            {
                output.Add(new Fragment(start, left, -1));
            }

            output.Add(new Fragment(match, token.Text.Length, token.Id));
            start = token.StripRight ? end - text[after..end].TrimStart(WhiteSpace).Length : after;
            search = start;
        }

        if (start < end)
        {
            output.Add(new Fragment(start, end - start, -1));
        }
    }

    /// <summary>Whether a part of the text shares a character with one of others, which are in order.</summary>
    private static bool Touches(IReadOnlyList<(int Start, int End)> others, int start, int end)
    {
        int low = 0;
        int high = others.Count;
        while (low < high)
        {
            int middle = (low + high) >>> 1;
            (low, high) = others[middle].End <= start ? (middle + 1, high) : (low, middle);
        }

        return low < others.Count && others[low].Start < end;
    }

    private static bool TouchesWord(ReadOnlySpan<char> text, int index) =>
        index >= 0 && index < text.Length && (char.IsLetterOrDigit(text[index]) || text[index] == '_');

    /// <summary>A part of a text.</summary>
    /// <param name="Start">Where it begins.</param>
    /// <param name="Length">UTF-16 units.</param>
    /// <param name="TokenId">The special token that it is, or -1.</param>
    public readonly record struct Fragment(int Start, int Length, int TokenId);
}
