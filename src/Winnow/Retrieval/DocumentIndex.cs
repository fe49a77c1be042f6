using Winnow.Documents;
using Winnow.Formats;
using Winnow.Generation;
using Winnow.Retrieval.Features;
using Winnow.Retrieval.Search;
using Winnow.Retrieval.Storage;

namespace Winnow.Retrieval;

/// <summary>Documents of any length, scanned once and then answered from: an inverted index of the model's own features, and of words.</summary>
/// <remarks>
/// S³-Attention, arXiv 2601.17702 (docs/s3.md). An index lives in memory or in a file; files are mapped, so that opening one costs
/// a checksum and no copy. Searches run concurrently; changes are seen by searches that begin after them.
/// </remarks>
public sealed class DocumentIndex : IDisposable
{
    private const string InMemory = "the index in memory";

    private readonly Engine _engine;
    private readonly FeatureModel? _model;
    private readonly IndexOptions _options;
    private readonly string? _path;
    private readonly Lock _change = new();
    private readonly Lifetime _lifetime;
    private IndexState _state;
    private IndexManifest _manifest;

    private DocumentIndex(Engine engine, FeatureModel? model, IndexOptions options, string? path, string? note)
    {
        _engine = engine;
        _model = model;
        _options = options;
        _path = path;
        Note = note;
        _state = new IndexState([]);
        _lifetime = new Lifetime(typeof(DocumentIndex), () => _state.File?.Dispose(), engine.Lifetime);
        _manifest = new IndexManifest(engine.Model.Fingerprint, engine.Model.Name, FeaturesOf(model), []);
    }

    /// <summary>The documents in the order in which they were added.</summary>
    public IReadOnlyList<IndexedDocument> Documents => [.. _state.Documents.Select(text => new IndexedDocument(text.Name, text.Tokens, text.Characters))];

    /// <summary>Tokens of all documents.</summary>
    public int Tokens => _state.Tokens;

    /// <summary>Whether the index holds the model's features, or words only.</summary>
    public bool HasFeatures => _model is not null;

    /// <summary>What a user should know: that there are no features and why, or that a torn change was undone. Null mostly.</summary>
    public string? Note { get; }

    /// <summary>Bytes of the lists of features.</summary>
    public long PostingBytes => _lifetime.Run(_ => Read(state => state.Blocks.Sum(position => position.Block.PostingBytes)));

    internal IndexState State => _state;

    /// <summary>Whether a file begins like an index.</summary>
    public static bool IsIndex(string path)
    {
        ArgumentNullException.ThrowIfNull(path);
        return File.Exists(path) && IndexHeader.IsHeader(path);
    }

    /// <summary>Scans documents into a new index.</summary>
    /// <param name="engine">The model; without autoencoders in its calibration, words are indexed only, and <see cref="Note"/> says so.</param>
    /// <param name="documents">The documents; their names must differ.</param>
    /// <param name="path">The file to write, in place of an older one; null for an index in memory.</param>
    /// <param name="options">How to scan.</param>
    /// <param name="progress">Told how far it is.</param>
    /// <param name="cancellationToken">Stops between chunks; nothing is written then.</param>
    /// <exception cref="WinnowException">A document cannot be read, or the file cannot be written.</exception>
    public static async Task<DocumentIndex> BuildAsync(
        Engine engine,
        IReadOnlyList<Document> documents,
        string? path = null,
        IndexOptions? options = null,
        IProgress<IndexProgress>? progress = null,
        CancellationToken cancellationToken = default)
    {
        ArgumentNullException.ThrowIfNull(engine);
        ArgumentNullException.ThrowIfNull(documents);
        return await engine.ComputeThreads
            .Run(() => Build(engine, documents, path, options, progress, cancellationToken)).ConfigureAwait(false);
    }

    /// <summary>Scans documents into a new index on the calling thread.</summary>
    /// <inheritdoc cref="BuildAsync"/>
    public static DocumentIndex Build(
        Engine engine,
        IReadOnlyList<Document> documents,
        string? path = null,
        IndexOptions? options = null,
        IProgress<IndexProgress>? progress = null,
        CancellationToken cancellationToken = default)
    {
        ArgumentNullException.ThrowIfNull(engine);
        ArgumentNullException.ThrowIfNull(documents);
        return engine.Lifetime.Run(stop => Scan(engine, documents, path, options ?? new IndexOptions(), progress, stop), cancellationToken);
    }

    private static DocumentIndex Scan(
        Engine engine,
        IReadOnlyList<Document> documents,
        string? path,
        IndexOptions options,
        IProgress<IndexProgress>? progress,
        CancellationToken cancellationToken)
    {
        FeatureModel? model = options.WordsOnly ? null : FeatureModel.Find(engine.Calibration, engine.Model);
        string? note = model is not null || options.WordsOnly ? null
            : $"words only (BM25): {engine.Model.Name} has not been calibrated for s3; winnow calibrate --methods s3 does that";
        DocumentIndex index = new(engine, model, options, path, note);
        try
        {
            index.Add(documents, progress, cancellationToken);
            return index;
        }
        catch
        {
            index.Dispose();
            throw;
        }
    }

    /// <summary>Opens an index file.</summary>
    /// <param name="engine">The model that it was made with.</param>
    /// <param name="path">The file.</param>
    /// <param name="options">How documents that are added are scanned.</param>
    /// <exception cref="WinnowException">The file is missing or damaged, or belongs to another model or calibration.</exception>
    public static DocumentIndex Open(Engine engine, string path, IndexOptions? options = null)
    {
        ArgumentNullException.ThrowIfNull(engine);
        ArgumentException.ThrowIfNullOrEmpty(path);
        return engine.Lifetime.Run(_ => Map(engine, path, options ?? new IndexOptions()));
    }

    /// <summary>Copies an index file into memory: changes of the copy do not change the file.</summary>
    /// <inheritdoc cref="Open"/>
    public static DocumentIndex Load(Engine engine, string path, IndexOptions? options = null)
    {
        using DocumentIndex file = Open(engine, path, options);
        return file.Copy(engine);
    }

    /// <summary>The same documents for another engine of the same model: the same file, or a copy in memory; null where the engine has another model or calibration.</summary>
    /// <exception cref="WinnowException">The file cannot be read any more.</exception>
    internal DocumentIndex? For(Engine engine) =>
        WhyNot(engine, ModelOf(engine, _manifest), _manifest) is not null ? null : _path is null ? Copy(engine) : Open(engine, _path, _options);

    private DocumentIndex Copy(Engine engine)
    {
        FeatureModel? model = ModelOf(engine, _manifest);
        CheckOrigin(engine, model, _path ?? InMemory, _manifest);
        DocumentIndex copy = new(engine, model, _options, null, Note) { _manifest = _manifest };
        try
        {
            copy._state = _lifetime.Run(_ => Read(state => new IndexState([.. state.Documents.Select(text => new IndexedText(
                text.Name, [.. text.Blocks.Select(block => new IndexBlock(InMemory, new BlockBytes(block.Bytes.ToArray()), _manifest.Latents))]))])));
            return copy;
        }
        catch
        {
            copy.Dispose();
            throw;
        }
    }

    /// <summary>Writes the index to a file, with all that was scanned; it goes on where it is, in memory or in its own file.</summary>
    /// <param name="path">The file; an older one is replaced only on success.</param>
    /// <exception cref="WinnowException">The file cannot be written.</exception>
    public void Save(string path)
    {
        ArgumentException.ThrowIfNullOrEmpty(path);
        _lifetime.Run(_ => Read(state => Write(state, path)));
    }

    private int Write(IndexState state, string path)
    {
        SameFile.Refuse(path, _path is null ? [] : [_path]);
        using FileLock held = FileLock.Take(path);
        using IndexFileWriter writer = IndexFileWriter.Create(path, held);
        ManifestDocument[] documents = [.. state.Documents.Select(text => new ManifestDocument(text.Name, [.. text.Blocks.Select(block => writer.Add(block.Bytes))]))];
        writer.Commit(_manifest with { Documents = documents });
        return documents.Length;
    }

    private static DocumentIndex Map(Engine engine, string path, IndexOptions options)
    {
        IndexFile file = IndexFile.Open(path);
        try
        {
            FeatureModel? model = ModelOf(engine, file.Manifest);
            CheckOrigin(engine, model, path, file.Manifest);
            string? note = file.IsRecovered ? $"{path}: the last change was not written completely; the state before it is used"
                : model is null ? $"{path} holds words only (BM25)"
                : null;
            DocumentIndex index = new(engine, model, options, path, note);
            index.Show(file);
            return index;
        }
        catch
        {
            file.Dispose();
            throw;
        }
    }

    /// <summary>The features that an index holds; null where it holds words only, or the engine has none.</summary>
    private static FeatureModel? ModelOf(Engine engine, IndexManifest manifest) =>
        manifest.Features is null ? null : FeatureModel.Find(engine.Calibration, engine.Model);

    private static void CheckOrigin(Engine engine, FeatureModel? model, string path, IndexManifest manifest)
    {
        if (WhyNot(engine, model, manifest) is { } reason)
        {
            throw new ModelFormatException(path, $"{reason}: build it again");
        }
    }

    /// <summary>Why an engine cannot search an index; null where it can.</summary>
    private static string? WhyNot(Engine engine, FeatureModel? model, IndexManifest manifest) =>
        manifest.Fingerprint != engine.Model.Fingerprint ? $"was made with another model ({manifest.Model}), not with {engine.Model.Name}"
        : manifest.Features?.Hash != model?.Hash ? $"was made with another calibration of {engine.Model.Name} than the one that is loaded ({engine.Calibration.Path ?? "none"})"
        : null;

    /// <summary>Scans more documents into the index.</summary>
    /// <inheritdoc cref="Add"/>
    public async Task AddAsync(
        IReadOnlyList<Document> documents, IProgress<IndexProgress>? progress = null, CancellationToken cancellationToken = default)
    {
        ArgumentNullException.ThrowIfNull(documents);
        await _engine.ComputeThreads.Run(() => _lifetime.Run(stop => Scan(documents, progress, stop), cancellationToken)).ConfigureAwait(false);
    }

    /// <summary>Scans more documents into the index on the calling thread: all of them are added, or none.</summary>
    /// <param name="documents">The documents; their names must differ from those of the index.</param>
    /// <param name="progress">Told how far it is.</param>
    /// <param name="cancellationToken">Stops between chunks; the index is unchanged then.</param>
    /// <exception cref="WinnowException">A document cannot be read or has a name that is taken, or the file cannot be written.</exception>
    public void Add(IReadOnlyList<Document> documents, IProgress<IndexProgress>? progress = null, CancellationToken cancellationToken = default)
    {
        ArgumentNullException.ThrowIfNull(documents);
        _lifetime.Run(stop => Scan(documents, progress, stop), cancellationToken);
    }

    private int Scan(IReadOnlyList<Document> documents, IProgress<IndexProgress>? progress, CancellationToken cancellationToken)
    {
        lock (_change)
        {
            using FileLock? held = LockFile();
            CheckNames(documents);
            SameFile.Refuse(_path ?? "", documents.Select(document => document.Path).OfType<string>());
            using IndexFileWriter? writer = held is null ? null
                : _state.File is { } current ? IndexFileWriter.Append(_path!, current)
                : IndexFileWriter.Create(_path!, held);
            using DocumentScanner scanner = new(_engine, _model, _options);
            List<ManifestDocument> added = [];
            List<IndexedText> texts = [];
            foreach (Document document in documents)
            {
                List<BlockPlace> places = [];
                List<IndexBlock> blocks = [];
                try
                {
                    foreach (byte[] block in scanner.Scan(document, progress, cancellationToken))
                    {
                        if (writer is null)
                        {
                            blocks.Add(new IndexBlock(InMemory, new BlockBytes(block), _manifest.Latents));
                        }
                        else
                        {
                            places.Add(writer.Add(block));
                        }
                    }
                }
                catch (Exception e) when (e is IOException or UnauthorizedAccessException)
                {
                    throw new WinnowException($"{document.Name}: cannot be read: {e.Message}", e);
                }

                added.Add(new ManifestDocument(document.Name, places));
                texts.Add(new IndexedText(document.Name, blocks));
            }

            if (writer is null)
            {
                _manifest = _manifest with { Documents = [.. _manifest.Documents, .. added] };
                Volatile.Write(ref _state, new IndexState([.. _state.Documents, .. texts]));
            }
            else
            {
                writer.Commit(_manifest with { Documents = [.. _manifest.Documents, .. added] });
                writer.Dispose();
                Show(IndexFile.Open(_path!, _manifest));
            }

            return added.Count;
        }
    }

    /// <summary>Takes a document out. A file becomes smaller when more than half of it is of no use any more.</summary>
    /// <exception cref="WinnowException">There is no such document, or the file cannot be written.</exception>
    public void Delete(string name)
    {
        ArgumentNullException.ThrowIfNull(name);
        _lifetime.Run(_ => Remove(name));
    }

    private int Remove(string name)
    {
        lock (_change)
        {
            using FileLock? held = LockFile();
            int at = _manifest.Documents.ToList().FindIndex(document => document.Name == name);
            if (at < 0)
            {
                throw new WinnowException($"the index holds no document '{name}'");
            }

            IndexManifest rest = _manifest with { Documents = [.. _manifest.Documents.Where((_, i) => i != at)] };
            if (held is null)
            {
                _manifest = rest;
                Volatile.Write(ref _state, new IndexState([.. _state.Documents.Where((_, i) => i != at)]));
                return at;
            }

            IndexFile file = _state.File!;
            long used = rest.Documents.Sum(document => document.Blocks.Sum(block => (long)block.Length));
            if (used < file.Length / 2)
            {
                Compact(file, rest, held);
            }
            else
            {
                using IndexFileWriter writer = IndexFileWriter.Append(_path!, file);
                writer.Commit(rest);
            }

            Show(IndexFile.Open(_path!, _manifest));
            return at;
        }
    }

    /// <summary>Finds passages that may answer a question.</summary>
    /// <param name="question">The question, as one would ask it.</param>
    /// <param name="options">Budget and means.</param>
    /// <param name="cancellationToken">Stops between layers.</param>
    /// <returns>Spans in the order of the documents; together they have at most as many tokens as the budget allows.</returns>
    public async Task<IReadOnlyList<EvidenceSpan>> SearchAsync(
        string question, SearchOptions? options = null, CancellationToken cancellationToken = default)
    {
        return await _engine.ComputeThreads.Run(() => Search(question, options, cancellationToken)).ConfigureAwait(false);
    }

    /// <summary>Finds passages that may answer a question, on the calling thread.</summary>
    /// <inheritdoc cref="SearchAsync"/>
    public IReadOnlyList<EvidenceSpan> Search(string question, SearchOptions? options = null, CancellationToken cancellationToken = default)
    {
        ArgumentNullException.ThrowIfNull(question);
        return _lifetime.Run(stop => Read(state => Find(state, question, options ?? new SearchOptions(), stop)), cancellationToken);
    }

    private IReadOnlyList<EvidenceSpan> Find(IndexState state, string question, SearchOptions options, CancellationToken cancellationToken)
    {
        QuestionFeatures? features = _model is null || options.Bm25 == 1 || options.BudgetTokens(state.Tokens) >= state.Tokens
            ? null
            : QuestionFeatures.Encode(_engine, _model, question, cancellationToken);
        return IndexSearch.Run(state, question, features, AutoencodersOf(options.Layers), options);
    }

    /// <summary>
    /// Unmaps the file. Searches and changes under way stop with an <see cref="ObjectDisposedException"/> and are waited for,
    /// unless this is called from inside of one.
    /// </summary>
    public void Dispose() => _lifetime.Dispose();

    /// <summary>Reads the current state, whose file stays mapped meanwhile.</summary>
    private T Read<T>(Func<IndexState, T> read)
    {
        IndexState state;
        do
        {
            state = Volatile.Read(ref _state);
        }
        while (state.File is { } former && !former.TryEnter());

        try
        {
            return read(state);
        }
        finally
        {
            state.File?.Leave();
        }
    }

    private static IndexFeatures? FeaturesOf(FeatureModel? model) =>
        model is null ? null : new IndexFeatures(model.Hash, [.. model.Autoencoders.Select(autoencoder => autoencoder.Latents)]);

    private IReadOnlyList<int>? AutoencodersOf(IReadOnlyList<int>? layers)
    {
        if (layers is null || _model is null)
        {
            return null;
        }

        int[] known = [.. _model.Autoencoders.Select(autoencoder => autoencoder.Projection.Layer)];
        foreach (int layer in layers)
        {
            if (!known.Contains(layer))
            {
                throw new ArgumentException($"layer {layer} has no features; there are {string.Join(", ", known.Distinct())}", nameof(layers));
            }
        }

        return [.. Enumerable.Range(0, known.Length).Where(i => layers.Contains(known[i]))];
    }

    private void CheckNames(IReadOnlyList<Document> documents)
    {
        HashSet<string> names = [.. _manifest.Documents.Select(document => document.Name)];
        foreach (Document document in documents)
        {
            if (!IndexManifest.IsName(document.Name))
            {
                throw new WinnowException($"a document's name must have 1 to 4096 characters, not {document.Name.Length}");
            }

            if (!names.Add(document.Name))
            {
                throw new WinnowException($"the index holds a document '{document.Name}' already: delete it first, or choose another name");
            }
        }
    }

    /// <summary>Begins a change of the file, from what it holds now: others may have changed it since it was read. Null for an index in memory.</summary>
    /// <exception cref="WinnowException">Another writer does not end, or the file was replaced by an index of another model.</exception>
    private FileLock? LockFile()
    {
        if (_path is null)
        {
            return null;
        }

        FileLock held = FileLock.Take(_path);
        try
        {
            if (_state.File is { } shown)
            {
                Refresh(shown);
            }

            return held;
        }
        catch
        {
            held.Dispose();
            throw;
        }
    }

    private void Refresh(IndexFile shown)
    {
        IndexFile file = IndexFile.Open(_path!, _manifest);
        if (file.Slot.IsSame(shown.Slot))
        {
            file.Dispose();
            return;
        }

        try
        {
            CheckOrigin(_engine, _model, _path!, file.Manifest);
        }
        catch
        {
            file.Dispose();
            throw;
        }

        Show(file);
    }

    /// <summary>Makes a file's state the current one. The former mapping goes with the last search that uses it.</summary>
    private void Show(IndexFile file)
    {
        IndexFile? former = _state.File;
        _manifest = file.Manifest;
        Volatile.Write(ref _state, new IndexState(
        [
            .. file.Manifest.Documents.Select(document => new IndexedText(
                document.Name, [.. document.Blocks.Select(place => new IndexBlock(_path!, file.Block(place), file.Manifest.Latents))])),
        ], file));
        former?.Dispose();
    }

    private void Compact(IndexFile file, IndexManifest manifest, FileLock held)
    {
        using IndexFileWriter writer = IndexFileWriter.Create(_path!, held);
        List<ManifestDocument> documents = [];
        foreach (ManifestDocument document in manifest.Documents)
        {
            documents.Add(document with { Blocks = [.. document.Blocks.Select(place => writer.Add(file.Block(place).Span))] });
        }

        writer.Commit(manifest with { Documents = documents });
    }
}
