using Winnow.Tokenization;

namespace Winnow.Generation;

/// <summary>Turns chosen tokens into the text of an answer: whole characters only, without end tokens, cut at the first stop string.</summary>
internal sealed class AnswerText
{
    private readonly Tokenizer _tokenizer;
    private readonly GenerationOptions _options;
    private readonly IncrementalDetokenizer _detokenizer;
    private readonly StopMatcher _stops;
    private bool _ended;

    /// <param name="tokenizer">The vocabulary.</param>
    /// <param name="options">What ends the answer, and what of it is shown.</param>
    /// <param name="startOfText">Whether no text stands before the answer; some vocabularies put a space in front of a text that is not part of it.</param>
    public AnswerText(Tokenizer tokenizer, GenerationOptions options, bool startOfText)
    {
        _tokenizer = tokenizer;
        _options = options;
        _detokenizer = new IncrementalDetokenizer(tokenizer, skipSpecial: !options.ShowControlTokens, startOfText);
        _stops = new StopMatcher(options.StopStrings);
    }

    /// <summary>Takes a token and returns the text that became certain.</summary>
    /// <param name="token">The token.</param>
    /// <param name="stopped">Whether the answer ends here.</param>
    public string Append(int token, out bool stopped)
    {
        if (Ends(token))
        {
            stopped = true;
            return "";
        }

        string piece = _stops.Push(_detokenizer.Append(token));
        stopped = _ended = _stops.Stop is not null;
        return piece;
    }

    /// <summary>The text that was held back, at the end of the answer.</summary>
    public string Flush() => _ended ? "" : _stops.Push(_detokenizer.Flush()) + _stops.Flush();

    private bool Ends(int token)
    {
        if (!_options.IgnoreEndOfGeneration && _tokenizer.IsEndOfGeneration(token))
        {
            return true;
        }

        foreach (int stop in _options.StopTokens)
        {
            if (stop == token)
            {
                return true;
            }
        }

        return false;
    }
}
