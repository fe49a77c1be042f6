namespace Winnow.Tokenization.Text;

/// <summary>Cuts a fragment into the pieces that a model encodes one by one: steps, each of which cuts what the one before left.</summary>
internal sealed class PreTokenizer
{
    private readonly PreTokenizerStep[] _steps;

    public PreTokenizer(params PreTokenizerStep[] steps)
    {
        _steps = steps;
    }

    public List<ReadOnlyMemory<char>> Split(ReadOnlyMemory<char> text, bool startOfText, CancellationToken cancellation)
    {
        if (text.Length == 0)
        {
            return [];
        }

        List<ReadOnlyMemory<char>> pieces = [text];
        List<ReadOnlyMemory<char>> next = [];
        foreach (PreTokenizerStep step in _steps)
        {
            next.Clear();
            for (int i = 0; i < pieces.Count; i++)
            {
                cancellation.ThrowIfCancellationRequested();
                step.Split(pieces[i], startOfText && i == 0, next, cancellation);
            }

            (pieces, next) = (next, pieces);
        }

        return pieces;
    }
}
