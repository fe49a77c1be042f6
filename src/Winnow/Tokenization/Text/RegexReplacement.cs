using System.Text;
using System.Text.RegularExpressions;

namespace Winnow.Tokenization.Text;

/// <summary>Replaces the matches of a regular expression by a text, which is taken literally.</summary>
internal sealed class RegexReplacement
{
    private readonly Regex _regex;
    private readonly string _content;
    private readonly string _path;

    /// <param name="pattern">A .NET pattern over characters as <see cref="CharacterView"/> shows them.</param>
    /// <param name="content">What stands in the place of each match.</param>
    /// <param name="path">The file that errors name.</param>
    /// <exception cref="ArgumentException">The pattern is none.</exception>
    public RegexReplacement(string pattern, string content, string path)
    {
        _regex = new Regex(pattern, RegexOptions.CultureInvariant, RegexSplit.MatchTimeout);
        _content = content;
        _path = path;
    }

    /// <exception cref="WinnowException">The result is longer than the limit, or the expression takes too long on the text.</exception>
    public string Apply(string text, bool startOfText, int limit)
    {
        StringBuilder result = new();
        int end = 0;
        try
        {
            if (!CharacterView.IsNeeded(text))
            {
                foreach (ValueMatch match in _regex.EnumerateMatches(text))
                {
                    Add(match.Index, match.Index + match.Length);
                }
            }
            else
            {
                using CharacterView view = new(text);
                foreach (ValueMatch match in _regex.EnumerateMatches(view.Characters))
                {
                    Add(view.Offset(match.Index), view.Offset(match.Index + match.Length));
                }
            }
        }
        catch (RegexMatchTimeoutException error)
        {
            throw new WinnowException($"{_path}: the normalizer's expression '{Quoted.Cut(_regex.ToString())}' takes too long on this text", error);
        }

        return end == 0 && result.Length == 0 ? text : result.Append(text, end, text.Length - end).ToString();

        void Add(int matchStart, int matchEnd)
        {
            result.Append(text, end, matchStart - end).Append(_content);
            end = matchEnd;
            if (result.Length > limit)
            {
                throw new WinnowException($"{_path}: the normalizer makes more than {limit} characters of this text");
            }
        }
    }
}
