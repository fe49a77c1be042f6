namespace Winnow.Tokenization.Text;

/// <summary>SentencePiece's words: spaces become ▁, one may go in front, and each begins a piece.</summary>
/// <param name="prefix">Where a ▁ is put in front of a piece that has none.</param>
/// <param name="split">Whether each ▁ begins a piece of its own.</param>
internal sealed class SpaceMarkSplit(SpacePrefix prefix, bool split) : PreTokenizerStep
{
    public override void Split(ReadOnlyMemory<char> piece, bool startOfText, List<ReadOnlyMemory<char>> output, CancellationToken cancellation)
    {
        string marked = piece.ToString().Replace(' ', Utf8Text.SpaceMark);
        bool prepend = prefix == SpacePrefix.Always || (prefix == SpacePrefix.First && startOfText);
        if (prepend && !marked.StartsWith(Utf8Text.SpaceMark))
        {
            marked = Utf8Text.SpaceMark + marked;
        }

        if (!split)
        {
            output.Add(marked.AsMemory());
            return;
        }

        int start = 0;
        while (start < marked.Length)
        {
            int next = marked.IndexOf(Utf8Text.SpaceMark, start + 1);
            int end = next < 0 ? marked.Length : next;
            output.Add(marked.AsMemory(start, end - start));
            start = end;
        }
    }
}
