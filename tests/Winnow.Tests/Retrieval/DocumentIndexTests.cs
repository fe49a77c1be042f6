using System.Text;
using Winnow.Cli;
using Winnow.Cli.Chat;
using Winnow.Documents;
using Winnow.Formats;
using Winnow.Generation;
using Winnow.Models;
using Winnow.Models.Forward;
using Winnow.Retrieval;
using Winnow.Retrieval.Features;
using Winnow.Sampling;
using Winnow.Templates;
using Winnow.Tensors;
using Winnow.Tests.Formats;
using Winnow.Tests.Models;

namespace Winnow.Tests.Retrieval;

public sealed class DocumentIndexTests : IDisposable
{
    private static readonly ExampleDocument Example = ExampleDocument.Create(31, characters: 6000);
    private static readonly ExampleDocument Other = ExampleDocument.Create(32, characters: 3000);
    private readonly TemporaryFolder _folder = new();
    private readonly Engine _engine;

    public DocumentIndexTests()
    {
        _engine = LabFeatures.Load(_folder.PathOf("lab.winnow"));
    }

    private string IndexPath => _folder.PathOf("documents.index");

    public void Dispose()
    {
        _engine.Dispose();
        _folder.Dispose();
    }

    [Fact]
    public async Task A_file_holds_what_an_index_in_memory_holds()
    {
        Document[] documents = [Document.FromText("one", Example.Text), Document.FromText("two", Other.Text)];
        using DocumentIndex memory = await DocumentIndex.BuildAsync(_engine, documents);
        using DocumentIndex built = await DocumentIndex.BuildAsync(_engine, documents, IndexPath);
        using DocumentIndex opened = DocumentIndex.Open(_engine, IndexPath);
        IReadOnlyList<EvidenceSpan> expected = await memory.SearchAsync(Example.Question);
        Assert.True(memory.HasFeatures);
        Assert.NotEmpty(expected);
        Assert.Equal(expected, await built.SearchAsync(Example.Question));
        Assert.Equal(expected, await opened.SearchAsync(Example.Question));
        Assert.Equal(["one", "two"], opened.Documents.Select(document => document.Name));
        Assert.Equal(Example.Text.Length, opened.Documents[0].Characters);
        Assert.Contains(expected, span => span.Text.Contains(Example.Value, StringComparison.Ordinal));
        Assert.All(expected, span => Assert.Equal(
            (span.Document == "one" ? Example : Other).Text[(int)span.FirstCharacter..(int)span.EndCharacter], span.Text));
    }

    [Fact]
    public void Equal_texts_give_equal_files()
    {
        string second = _folder.PathOf("second.index");
        DocumentIndex.Build(_engine, [Document.FromText("one", Other.Text)], IndexPath).Dispose();
        DocumentIndex.Build(_engine, [Document.FromText("one", Other.Text)], second).Dispose();
        Assert.Equal(File.ReadAllBytes(IndexPath), File.ReadAllBytes(second));
    }

    [Fact]
    public void The_lists_of_a_scan_are_the_features_that_the_slow_autoencoder_finds()
    {
        using DocumentIndex index = DocumentIndex.Build(
            _engine, [Document.FromText("one", Other.Text)], options: new IndexOptions { ChunkTokens = 100, PruneAbove = 1 });
        FeatureModel model = FeatureModel.Find(_engine.Calibration, _engine.Model)!;
        int[] ids = _engine.Tokenizer.Encode(Other.Text);
        Assert.Equal(ids.Length, index.Tokens);
        KeyRecorder recorder = new(_engine.Model, ids.Length);
        using TokenReader reader = _engine.CreateReader(101);
        reader.Observer = recorder;
        for (int first = 0; first < ids.Length; first += 100)
        {
            recorder.First = first;
            reader.Truncate(0);
            reader.Read([_engine.Tokenizer.BosId!.Value, .. ids.Skip(first).Take(100)]);
        }

        for (int i = 0; i < model.Autoencoders.Count; i++)
        {
            KeyAutoencoder autoencoder = model.Autoencoders[i];
            float[] vectors = new float[ids.Length * autoencoder.Width];
            autoencoder.Projection.GatherKeys(recorder.Keys[autoencoder.Projection.Layer], _engine.Model.KvHeads, autoencoder.Width, vectors);
            autoencoder.Keys.Apply(vectors);
            float[] activations = new float[autoencoder.Latents];
            int differing = 0;
            for (int token = 0; token < ids.Length; token++)
            {
                autoencoder.Activate(vectors.AsSpan(token * autoencoder.Width, autoencoder.Width), activations);
                int[] features = new int[autoencoder.Active];
                new TopFeatures(autoencoder.Active).Select(activations, features, new float[autoencoder.Active]);
                int[] found = [.. Enumerable.Range(0, autoencoder.Latents).Where(feature => Holds(index, i, feature, token))];
                Assert.Equal(autoencoder.Active, found.Length);
                differing += found.Except(features).Count();
            }

            // Rounding may exchange features that are nearly equal.
            Assert.InRange(differing, 0, ids.Length * autoencoder.Active / 200);
        }
    }

    [Fact]
    public void How_a_chunk_is_computed_changes_no_feature()
    {
        FeatureModel model = FeatureModel.Find(_engine.Calibration, _engine.Model)!;
        int[] ids = _engine.Tokenizer.Encode(Other.Text);
        int[][] at64 = Features(64);
        int[][] at512 = Features(512);
        for (int i = 0; i < at64.Length; i++)
        {
            int differing = at64[i].Zip(at512[i]).Count(pair => pair.First != pair.Second);
            Assert.InRange(differing, 0, ids.Length * LabFeatures.Active / 100);
        }

        int[][] Features(int chunk)
        {
            using FeatureObserver observer = new(_engine.Device, _engine.Model, model.Autoencoders, ofQueries: false);
            observer.Begin(ids.Length);
            using TokenReader reader = _engine.CreateReader(ids.Length, chunk: chunk, kvType: TensorType.F32);
            reader.Observer = observer;
            reader.Read(ids);
            return [.. observer.Features.Select(features => features[..(ids.Length * LabFeatures.Active)])];
        }
    }

    [Fact]
    public async Task Evidence_of_the_whole_document_answers_like_the_document_itself()
    {
        using DocumentIndex index = DocumentIndex.Build(_engine, [Document.FromText("one", Other.Text)]);
        GenerationOptions options = new() { Sampling = SamplingOptions.Greedy, MaxTokens = 24 };
        using Session plain = _engine.CreateSession(new SessionOptions { ContextLength = 4096 });
        using Session asking = _engine.CreateSession(new SessionOptions { ContextLength = 4096 });
        string expected = await Text(plain.GenerateAsync([new ChatMessage("user", $"{Other.Text.TrimEnd()}\n\n{Other.Question}")], options));
        DocumentAnswer answer = await asking.AskAsync(index, Other.Question, new SearchOptions { Budget = index.Tokens }, options);
        Assert.Equal(expected, await Text(answer.Tokens));
        Assert.Equal(Other.Text, Assert.Single(answer.Evidence).Text);
        Assert.Equal(plain.Tokens, asking.Tokens);
    }

    [Theory]
    [InlineData("s3:budget=100000")]
    [InlineData("s3:budget=200,bm25=1")]
    public async Task As_an_attention_method_it_reads_the_evidence_of_a_long_prompt(string attention)
    {
        IReadOnlyList<int> prompt = _engine.EncodeChat([new ChatMessage("user", $"{Example.Text.TrimEnd()}\n\n{Example.Question}")]);
        GenerationOptions options = new() { Sampling = SamplingOptions.Greedy, MaxTokens = 24 };
        using Session full = _engine.CreateSession();
        using Session retrieving = _engine.CreateSession(new SessionOptions { Attention = AttentionOptions.Parse(attention) });
        string expected = await Text(full.GenerateAsync(prompt, options));
        string answer = await Text(retrieving.GenerateAsync(prompt, options));
        bool isWhole = attention.EndsWith("00000", StringComparison.Ordinal);
        Assert.Equal(isWhole ? prompt.Count : 1, isWhole ? retrieving.LastGeneration!.PromptTokens : 1);
        Assert.True(isWhole ? answer == expected : answer.Contains(Example.Value, StringComparison.Ordinal), answer);
        Assert.InRange(retrieving.LastGeneration!.PromptTokens, 50, isWhole ? prompt.Count : 300);
    }

    [Fact]
    public async Task A_prompt_that_is_longer_than_the_context_is_answered_from_its_evidence()
    {
        IReadOnlyList<int> prompt = _engine.EncodeChat([new ChatMessage("user", $"{Example.Text.TrimEnd()}\n\n{Example.Question}")]);
        using Session session = _engine.CreateSession(new SessionOptions { ContextLength = 512, Attention = AttentionOptions.Parse("s3:budget=300,bm25=1") });
        Assert.True(prompt.Count > 512);
        Assert.Contains(
            Example.Value,
            await Text(session.GenerateAsync(prompt, new GenerationOptions { Sampling = SamplingOptions.Greedy, MaxTokens = 24 })),
            StringComparison.Ordinal);
    }

    [Theory]
    [InlineData("s3")]
    [InlineData("s3:budget=0.1")]
    [InlineData("s3:budget=2048,bm25=0.5,edges=0,chunk=512,layers=3/7")]
    public void A_specification_reads_back(string text) => Assert.Equal(text, AttentionOptions.Parse(text).ToString());

    [Fact]
    public void A_decode_method_may_follow()
    {
        AttentionOptions options = AttentionOptions.Parse("s3:budget=0.05+delta:budget=1024");
        Assert.NotNull(options.Decode);
        Assert.Equal(0.05, Assert.IsType<RetrievalAttention>(options.Transform).Search.Budget);
        Assert.StartsWith("s3:budget=0.05+delta:", options.ToString(), StringComparison.Ordinal);
    }

    [Theory]
    [InlineData("s3:budget=0")]
    [InlineData("s3:bm25=2")]
    [InlineData("s3:depth=3")]
    [InlineData("s3+s3")]
    public void A_wrong_specification_is_refused(string text) => Assert.Throws<InvalidOptionException>(() => AttentionOptions.Parse(text));

    [Fact]
    public void Without_autoencoders_words_are_indexed_and_a_note_says_so()
    {
        string model = _folder.PathOf("plain.gguf");
        File.Copy(BundledModel.Find(), model);
        using Engine plain = Engine.Load(model);
        using DocumentIndex index = DocumentIndex.Build(plain, [Document.FromText("one", Example.Text)], IndexPath);
        Assert.False(index.HasFeatures);
        Assert.Contains("winnow calibrate", index.Note, StringComparison.Ordinal);
        Assert.Contains(index.Search(Example.Question), span => span.Text.Contains(Example.Value, StringComparison.Ordinal));
    }

    [Fact]
    public void Documents_are_added_and_deleted_and_the_file_shrinks()
    {
        using DocumentIndex index = DocumentIndex.Build(_engine, [Document.FromText("one", Other.Text)], IndexPath);
        index.Add([Document.FromText("two", Example.Text)]);
        Assert.Contains(index.Search(Example.Question), span => span.Document == "two" && span.Text.Contains(Example.Value, StringComparison.Ordinal));
        long before = new FileInfo(IndexPath).Length;
        Assert.Throws<WinnowException>(() => index.Add([Document.FromText("two", "again")]));
        Assert.Throws<WinnowException>(() => index.Delete("three"));

        index.Delete("two");
        Assert.Equal("one", Assert.Single(index.Documents).Name);
        Assert.True(new FileInfo(IndexPath).Length < before);
        using DocumentIndex opened = DocumentIndex.Open(_engine, IndexPath);
        Assert.Equal("one", Assert.Single(opened.Documents).Name);
        Assert.Null(opened.Note);
        Assert.Equal(["documents.index", "lab.winnow"], _folder.Names());
    }

    [Fact]
    public void A_cancelled_scan_changes_nothing()
    {
        using DocumentIndex index = DocumentIndex.Build(_engine, [Document.FromText("one", Other.Text)], IndexPath);
        byte[] before = File.ReadAllBytes(IndexPath);
        using CancellationTokenSource cancellation = new();
        Callback progress = new(_ => cancellation.Cancel());
        Assert.Throws<OperationCanceledException>(() => index.Add(
            [Document.FromText("two", Example.Text + Example.Text)], progress, cancellation.Token));
        Assert.Equal(before, File.ReadAllBytes(IndexPath)[..before.Length]);
        using DocumentIndex opened = DocumentIndex.Open(_engine, IndexPath);
        Assert.Equal("one", Assert.Single(opened.Documents).Name);
    }

    [Fact]
    public void Every_flipped_byte_and_every_truncation_of_a_fresh_index_is_refused()
    {
        DocumentIndex.Build(_engine, [Document.FromText("one", Other.Text)], IndexPath).Dispose();
        byte[] bytes = File.ReadAllBytes(IndexPath);
        int slot = 1024;
        foreach (int i in Enumerable.Range(0, 12).Concat(Enumerable.Range(slot, 64)).Concat(Enumerable.Range(0, 60).Select(i => 1536 + (i * 1999 % (bytes.Length - 1536)))))
        {
            byte[] damaged = [.. bytes];
            damaged[i] ^= 0x10;
            File.WriteAllBytes(IndexPath, damaged);
            Refused();
        }

        foreach (int length in (int[])[1, 8, 100, 1535, 1536, 5000, bytes.Length - 1])
        {
            File.WriteAllBytes(IndexPath, bytes[..length]);
            Refused();
        }

        void Refused() => Assert.Contains("documents.index", Assert.Throws<ModelFormatException>(() => DocumentIndex.Open(_engine, IndexPath)).Message, StringComparison.Ordinal);
    }

    [Fact]
    public void A_torn_change_leaves_the_state_before_it_and_the_next_change_heals_the_file()
    {
        DocumentIndex.Build(_engine, [Document.FromText("one", Other.Text)], IndexPath).Dispose();
        byte[] first = File.ReadAllBytes(IndexPath);
        using (DocumentIndex index = DocumentIndex.Open(_engine, IndexPath))
        {
            index.Add([Document.FromText("two", "A short text. It is about nothing in particular.")]);
        }

        byte[] second = File.ReadAllBytes(IndexPath);
        byte[][] torn =
        [
            // Blocks and list were written, the slot was not; half of the slot was; the slot was, and the disk lost the end.
            [.. first[..1536], .. second[1536..]],
            [.. second[..530], .. first[530..1536], .. second[1536..]],
            second[..^10],
            [.. first, 1, 2, 3],
        ];
        foreach (byte[] bytes in torn)
        {
            File.WriteAllBytes(IndexPath, bytes);
            using DocumentIndex recovered = DocumentIndex.Open(_engine, IndexPath);
            Assert.Equal("one", Assert.Single(recovered.Documents).Name);
            recovered.Add([Document.FromText("three", "Another short text, which heals the file.")]);
            using DocumentIndex healed = DocumentIndex.Open(_engine, IndexPath);
            Assert.Equal(["one", "three"], healed.Documents.Select(document => document.Name));
            Assert.Null(healed.Note);
        }

        File.WriteAllBytes(IndexPath, torn[1]);
        using DocumentIndex noted = DocumentIndex.Open(_engine, IndexPath);
        Assert.Contains("not written completely", noted.Note, StringComparison.Ordinal);
    }

    [Fact]
    public void An_index_of_another_model_or_calibration_and_other_files_are_refused()
    {
        DocumentIndex.Build(_engine, [Document.FromText("one", Other.Text)], IndexPath).Dispose();
        using (Engine recalibrated = LabFeatures.Load(_folder.PathOf("other.winnow"), seed: 2))
        {
            Assert.Contains("another calibration", Refusal(recalibrated, IndexPath), StringComparison.Ordinal);
        }

        using Engine other = Engine.Load(TinyModels.Path("llama"));
        Assert.Contains("another model", Refusal(other, IndexPath), StringComparison.Ordinal);
        Assert.Contains("no document index", Refusal(_engine, BundledModel.Find()), StringComparison.Ordinal);
        Assert.Contains("no such file", Refusal(_engine, _folder.PathOf("nothing")), StringComparison.Ordinal);
        static string Refusal(Engine engine, string path) => Assert.Throws<ModelFormatException>(() => DocumentIndex.Open(engine, path)).Message;
    }

    [Fact]
    public async Task Many_searches_at_once_and_during_a_change_find_the_same()
    {
        using DocumentIndex index = DocumentIndex.Build(_engine, [Document.FromText("one", Example.Text)], IndexPath);
        using DocumentIndex reader = DocumentIndex.Open(_engine, IndexPath);
        IReadOnlyList<EvidenceSpan> expected = index.Search(Example.Question);
        Task change = index.AddAsync([Document.FromText("two", Other.Text)]);
        IReadOnlyList<EvidenceSpan>[] found = await Task.WhenAll(Enumerable.Range(0, 8).Select(_ => reader.SearchAsync(Example.Question)));
        await change;
        Assert.All(found, spans => Assert.Equal(expected, spans));
        Assert.Equal(2, index.Documents.Count);
    }

    [Theory]
    [InlineData("")]
    [InlineData("\n")]
    [InlineData("x")]
    public void Tiny_documents_and_questions_are_no_trouble(string text)
    {
        using DocumentIndex index = DocumentIndex.Build(_engine, [Document.FromText("tiny", text), Document.FromText("empty", "")], IndexPath);
        Assert.Equal(text, string.Concat(index.Search("").Select(span => span.Text)));
        Assert.Equal(text, string.Concat(index.Search("What is x?").Select(span => span.Text)));
        index.Delete("tiny");
        Assert.Empty(index.Search("What is x?"));
    }

    [Fact]
    public void A_text_is_read_in_pieces_and_comes_back_whole()
    {
        string text = string.Concat(Enumerable.Repeat(Example.Text.Replace("the", "thé 😀", StringComparison.Ordinal) + "\r\n\r\n", 12));
        using DocumentIndex index = DocumentIndex.Build(
            _engine, [Document.FromReader("stream", () => new StreamReader(new MemoryStream(Encoding.UTF8.GetBytes(text))))], options: new IndexOptions { WordsOnly = true });
        EvidenceSpan span = Assert.Single(index.Search("?", new SearchOptions { Budget = index.Tokens }));
        Assert.Equal(text, span.Text);
        Assert.All(index.Search(Example.Question), part => Assert.Equal(text[(int)part.FirstCharacter..(int)part.EndCharacter], part.Text));
    }

    private static bool Holds(DocumentIndex index, int autoencoder, int feature, int token)
    {
        ReadOnlySpan<byte> list = index.State.Blocks[0].Block.Postings(autoencoder, feature, out _);
        for (int position = -1; !list.IsEmpty;)
        {
            position = Winnow.Retrieval.Storage.PostingList.Read(ref list, position);
            if (position == token)
            {
                return true;
            }
        }

        return false;
    }

    private static async Task<string> Text(IAsyncEnumerable<GeneratedToken> tokens)
    {
        StringBuilder text = new();
        await foreach (GeneratedToken token in tokens)
        {
            text.Append(token.Text);
        }

        return text.ToString();
    }

    private sealed class Callback(Action<IndexProgress> report) : IProgress<IndexProgress>
    {
        public void Report(IndexProgress value) => report(value);
    }

    private sealed class KeyRecorder(ModelInfo model, int tokens) : ForwardObserver
    {
        public float[][] Keys { get; } =
            [.. Enumerable.Range(0, model.Layers).Select(_ => new float[tokens * model.KvHeads * model.HeadDimension])];

        public int First { get; set; }

        public override void ObserveHeads(Winnow.Compute.ComputeStream stream, int layer, int firstPosition, Winnow.Compute.Matrix queries, Winnow.Compute.Matrix keys)
        {
            // Position 0 is the begin-of-text token.
            Winnow.Compute.Matrix rows = keys.RowSlice(1, keys.Rows - 1);
            stream.Read(rows, Keys[layer].AsSpan(First * keys.Columns, rows.Rows * keys.Columns));
        }
    }
}
