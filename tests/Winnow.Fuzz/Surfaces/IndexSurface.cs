using Winnow.Documents;
using Winnow.Fuzz.Models;
using Winnow.Fuzz.Mutation;
using Winnow.Fuzz.Running;
using Winnow.Retrieval;
using Winnow.Retrieval.Storage;

namespace Winnow.Fuzz.Surfaces;

/// <summary>Document indexes, of words alone and with features: opened, searched and listed.</summary>
internal sealed class IndexSurface : Surface
{
    private const string First = "The cat sat on the mat. It was red.\n\nNobody knew why the 17 dogs ran home, é🙂.\n";
    private const string Second = "A second document: cats and dogs.\n\n\nEnd of it.";

    private readonly TinyModel _model = new();
    private readonly byte[][] _seeds;
    private readonly IndexDraft[] _drafts;
    private readonly JsonMutator _lists;

    public IndexSurface()
    {
        string sidecar = _model.Folder.PathOf("seed.winnow");
        TinyCalibration.Write(sidecar, _model.Engine.Model, "a2ats", "tuning");
        _model.Calibrate(sidecar);
        _seeds = [Build(wordsOnly: true), Build(wordsOnly: false)];
        _drafts = [.. _seeds.Select(seed => new IndexDraft(seed))];
        _lists = new JsonMutator(_drafts.Select(draft => draft.List.ToJsonString()), [], ["null", "0", "-1", "1536", "1e10", "\"\"", "\"x\"", "[]", "{}", "[1536,0,\"\"]", "9223372036854775807"]);
    }

    public override string Name => "index";

    public override IReadOnlyList<byte[]> Seeds => _seeds;

    public override byte[] Make(InputRandom random) => random.Pick(_drafts).Mutate(_lists, random);

    public override void Dispose()
    {
        _model.Dispose();
        base.Dispose();
    }

    protected override void Use(ReadOnlySpan<byte> input)
    {
        try
        {
            string path = _model.Folder.Write("input.index", input)!;
            // Behind the header are the list of documents and the blocks, whose checksums this compares.
            IndexFile.Open(path).Dispose();
            Accept();
            using DocumentIndex index = DocumentIndex.Open(_model.Engine, path);
            index.Search("why did the cats run home?", new SearchOptions { Budget = 8 });
            index.Search("red", new SearchOptions { Budget = 6, Bm25 = 1 });
            _ = index.PostingBytes + index.Documents.Sum(document => (long)document.Characters);
        }
        finally
        {
            _model.Folder.Clear();
        }
    }

    private byte[] Build(bool wordsOnly)
    {
        string path = _model.Folder.PathOf("seed.index");
        Document[] documents = [Document.FromText("one", First), Document.FromText("two", Second)];
        using (DocumentIndex.Build(_model.Engine, documents, path, new IndexOptions { WordsOnly = wordsOnly }))
        {
        }

        byte[] bytes = File.ReadAllBytes(path);
        File.Delete(path);
        return bytes;
    }
}
