using Winnow.Retrieval.Storage;

namespace Winnow.Retrieval.Search;

/// <summary>The documents of an index at one moment, as a search sees them: tokens and units numbered through all documents. Immutable.</summary>
internal sealed class IndexState
{
    /// <param name="documents">The documents.</param>
    /// <param name="file">The file that they lie in; null where they lie in memory.</param>
    public IndexState(IReadOnlyList<IndexedText> documents, IndexFile? file = null)
    {
        Documents = documents;
        File = file;
        List<BlockPosition> blocks = [];
        List<int> unitStarts = [];
        List<bool> paragraphs = [];
        List<ushort> unitWords = [];
        List<int> unitDocuments = [];
        int token = 0;
        for (int document = 0; document < documents.Count; document++)
        {
            foreach (IndexBlock block in documents[document].Blocks)
            {
                blocks.Add(new BlockPosition(block, document, token, unitStarts.Count));
                for (int unit = 0; unit < block.Units; unit++)
                {
                    unitStarts.Add(token + block.UnitStarts[unit]);
                    paragraphs.Add(block.BeginsParagraph(unit));
                    unitWords.Add(block.UnitWords[unit]);
                    unitDocuments.Add(document);
                }

                token = checked(token + block.Tokens);
                Words += block.Words;
            }
        }

        Tokens = token;
        Blocks = blocks;
        unitStarts.Add(token);
        UnitStarts = [.. unitStarts];
        BeginsParagraph = [.. paragraphs];
        UnitWords = [.. unitWords];
        UnitDocuments = [.. unitDocuments];
    }

    /// <summary>The documents.</summary>
    public IReadOnlyList<IndexedText> Documents { get; }

    /// <summary>The file that they lie in, entered by whoever reads a block; null where they lie in memory.</summary>
    public IndexFile? File { get; }

    /// <summary>Their blocks.</summary>
    public IReadOnlyList<BlockPosition> Blocks { get; }

    /// <summary>Tokens of all documents.</summary>
    public int Tokens { get; }

    /// <summary>Units of all documents.</summary>
    public int Units => UnitDocuments.Length;

    /// <summary>Words of all documents.</summary>
    public long Words { get; }

    /// <summary>The first token of each unit, and the number of tokens behind the last one.</summary>
    public int[] UnitStarts { get; }

    /// <summary>Whether a paragraph begins with a unit.</summary>
    public bool[] BeginsParagraph { get; }

    /// <summary>Words of each unit.</summary>
    public ushort[] UnitWords { get; }

    /// <summary>The document of each unit.</summary>
    public int[] UnitDocuments { get; }

    /// <summary>Tokens of some units.</summary>
    public int TokensOf(int firstUnit, int endUnit) => UnitStarts[endUnit] - UnitStarts[firstUnit];

    /// <summary>The unit that holds a token.</summary>
    public int UnitOf(int token)
    {
        int at = Array.BinarySearch(UnitStarts, token);
        return at >= 0 ? at : ~at - 1;
    }
}
