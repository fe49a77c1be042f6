namespace Winnow.Retrieval.Search;

/// <summary>Which units of an index are evidence: a union that several searches fill until the token budget is used.</summary>
internal sealed class EvidenceSelection
{
    /// <summary>Spans that are closer than so many tokens become one.</summary>
    private const int MergeTokens = 16;

    private readonly IndexState _state;
    private readonly bool[] _taken;
    private readonly EvidenceSource[] _sources;
    private readonly float[] _scores;

    public EvidenceSelection(IndexState state, int budget)
    {
        _state = state;
        _taken = new bool[state.Units];
        _sources = new EvidenceSource[state.Units];
        _scores = new float[state.Units];
        Remaining = budget;
    }

    /// <summary>Tokens that may still be taken.</summary>
    public int Remaining { get; private set; }

    /// <summary>Takes units, unless those among them that are new cost more than allowed.</summary>
    /// <param name="firstUnit">The first one.</param>
    /// <param name="endUnit">The one behind the last.</param>
    /// <param name="source">Who asks.</param>
    /// <param name="score">How good they are.</param>
    /// <param name="allowed">Tokens that may be spent.</param>
    /// <returns>The tokens spent; null where they are too many.</returns>
    public int? TryTake(int firstUnit, int endUnit, EvidenceSource source, float score, int allowed)
    {
        int cost = 0;
        for (int unit = firstUnit; unit < endUnit; unit++)
        {
            cost += _taken[unit] ? 0 : _state.TokensOf(unit, unit + 1);
        }

        if (cost > Math.Min(allowed, Remaining))
        {
            return null;
        }

        for (int unit = firstUnit; unit < endUnit; unit++)
        {
            _taken[unit] = true;
            _sources[unit] |= source;
            _scores[unit] = Math.Max(_scores[unit], score);
        }

        Remaining -= cost;
        return cost;
    }

    /// <summary>The units as spans in the order of the documents; small gaps are closed as far as the budget allows.</summary>
    public IReadOnlyList<EvidenceSpan> Spans()
    {
        CloseGaps();
        List<EvidenceSpan> spans = [];
        for (int unit = 0; unit < _taken.Length;)
        {
            if (!_taken[unit])
            {
                unit++;
                continue;
            }

            int first = unit;
            EvidenceSource source = EvidenceSource.None;
            float score = 0;
            for (; unit < _taken.Length && _taken[unit] && _state.UnitDocuments[unit] == _state.UnitDocuments[first]; unit++)
            {
                source |= _sources[unit];
                score = Math.Max(score, _scores[unit]);
            }

            spans.Add(Span(first, unit, source, score));
        }

        return spans;
    }

    private EvidenceSpan Span(int firstUnit, int endUnit, EvidenceSource source, float score)
    {
        int number = _state.UnitDocuments[firstUnit];
        IndexedText document = _state.Documents[number];
        int origin = _state.Blocks.First(position => position.Document == number).FirstToken;
        int first = _state.UnitStarts[firstUnit] - origin;
        int end = Math.Min(_state.UnitStarts[endUnit] - origin, document.Tokens);
        (string text, long start) = document.TextOf(first, end);
        return new EvidenceSpan
        {
            Document = document.Name,
            FirstToken = first,
            EndToken = end,
            FirstCharacter = start,
            EndCharacter = start + text.Length,
            Text = text,
            Score = score,
            Source = source,
            BeginsParagraph = _state.BeginsParagraph[firstUnit],
        };
    }

    private void CloseGaps()
    {
        int last = -1;
        for (int unit = 0; unit < _taken.Length; unit++)
        {
            if (!_taken[unit])
            {
                continue;
            }

            if (last >= 0 && unit > last + 1 && _state.UnitDocuments[last] == _state.UnitDocuments[unit]
                && _state.TokensOf(last + 1, unit) < MergeTokens)
            {
                TryTake(last + 1, unit, EvidenceSource.None, 0, Remaining);
            }

            last = unit;
        }
    }
}
