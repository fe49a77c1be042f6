using System.Text.RegularExpressions;

namespace Winnow.Tokenization.Text;

/// <summary>Cuts at the matches of a regular expression; look-around sees no further than the piece.</summary>
internal sealed class RegexSplit : PreTokenizerStep
{
    // A vocabulary's expression finds each piece in microseconds; one that takes this long never comes back.
    public static readonly TimeSpan MatchTimeout = TimeSpan.FromSeconds(4);

    private readonly Regex _regex;
    private readonly SplitBehavior _behavior;
    private readonly bool _invert;

    /// <param name="pattern">A .NET pattern over characters as <see cref="CharacterView"/> shows them.</param>
    /// <param name="behavior">What becomes of the matches.</param>
    /// <param name="invert">Whether the gaps are the matches.</param>
    /// <exception cref="ArgumentException">The pattern is none.</exception>
    public RegexSplit(string pattern, SplitBehavior behavior = SplitBehavior.Isolated, bool invert = false)
    {
        _regex = new Regex(pattern, RegexOptions.Compiled | RegexOptions.CultureInvariant | RegexOptions.ExplicitCapture, MatchTimeout);
        _behavior = behavior;
        _invert = invert;
    }

    public override void Split(ReadOnlyMemory<char> piece, bool startOfText, List<ReadOnlyMemory<char>> output, CancellationToken cancellation)
    {
        Collector collector = new(piece, _behavior, _invert, output);
        try
        {
            if (!CharacterView.IsNeeded(piece.Span))
            {
                int end = 0;
                foreach (ValueMatch match in _regex.EnumerateMatches(piece.Span))
                {
                    cancellation.ThrowIfCancellationRequested();
                    collector.Add(end, match.Index, isMatch: false);
                    end = match.Index + match.Length;
                    collector.Add(match.Index, end, isMatch: true);
                }

                collector.Add(end, piece.Length, isMatch: false);
            }
            else
            {
                using CharacterView view = new(piece.Span);
                int end = 0;
                foreach (ValueMatch match in _regex.EnumerateMatches(view.Characters))
                {
                    cancellation.ThrowIfCancellationRequested();
                    collector.Add(view.Offset(end), view.Offset(match.Index), isMatch: false);
                    end = match.Index + match.Length;
                    collector.Add(view.Offset(match.Index), view.Offset(end), isMatch: true);
                }

                collector.Add(view.Offset(end), piece.Length, isMatch: false);
            }
        }
        catch (RegexMatchTimeoutException error)
        {
            throw new WinnowException($"the tokenizer's expression '{Quoted.Cut(_regex.ToString())}' takes too long on this text", error);
        }

        collector.Finish();
    }

    private ref struct Collector(ReadOnlyMemory<char> piece, SplitBehavior behavior, bool invert, List<ReadOnlyMemory<char>> output)
    {
        private int _start;
        private int _end;
        private bool _pending;
        private bool _lastIsMatch;

        public void Add(int start, int end, bool isMatch)
        {
            if (start == end)
            {
                return;
            }

            isMatch ^= invert;
            if (behavior == SplitBehavior.Removed && isMatch)
            {
                return;
            }

            bool extends = _pending && behavior switch
            {
                SplitBehavior.MergedWithPrevious => isMatch && !_lastIsMatch,
                SplitBehavior.MergedWithNext => !isMatch && _lastIsMatch,
                SplitBehavior.Contiguous => isMatch == _lastIsMatch,
                _ => false,
            };
            if (!extends)
            {
                Finish();
                _start = start;
            }

            _end = end;
            _pending = true;
            _lastIsMatch = isMatch;
        }

        public void Finish()
        {
            if (_pending)
            {
                output.Add(piece[_start.._end]);
                _pending = false;
            }
        }
    }
}
