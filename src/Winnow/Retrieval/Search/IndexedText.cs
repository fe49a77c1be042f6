using System.Text;
using Winnow.Retrieval.Storage;

namespace Winnow.Retrieval.Search;

/// <summary>A document of an index.</summary>
/// <param name="Name">What the user calls it.</param>
/// <param name="Blocks">Its parts in order.</param>
internal sealed record IndexedText(string Name, IReadOnlyList<IndexBlock> Blocks)
{
    /// <summary>Tokens.</summary>
    public int Tokens { get; } = Blocks.Sum(block => block.Tokens);

    /// <summary>UTF-16 units.</summary>
    public long Characters { get; } = Blocks.Sum(block => (long)block.Characters);

    /// <summary>The text of some tokens, and where it begins in the document, in UTF-16 units.</summary>
    public (string Text, long Start) TextOf(int firstToken, int endToken)
    {
        StringBuilder text = new();
        long? start = null;
        int token = 0;
        long characters = 0;
        foreach (IndexBlock block in Blocks)
        {
            int first = Math.Max(firstToken - token, 0);
            int end = Math.Min(endToken - token, block.Tokens);
            if (first < end)
            {
                (string part, int offset) = block.TextOf(first, end);
                start ??= characters + offset;
                text.Append(part);
            }

            token += block.Tokens;
            characters += block.Characters;
        }

        return (text.ToString(), start ?? 0);
    }
}
