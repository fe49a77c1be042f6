using Winnow.Calibration;
using Winnow.Generation;
using Winnow.Models.Forward;

namespace Winnow.Lab.Calibration;

/// <summary>What a calibrator works with: the model, the corpus, and where results go.</summary>
internal sealed class CalibrationRun
{
    private readonly string _method;
    private readonly IProgress<CalibrationProgress>? _progress;
    private readonly Action<CalibrationSectionDraft> _save;
    private readonly IReadOnlyList<int[]> _documents;

    public CalibrationRun(
        Engine engine,
        string method,
        IReadOnlyList<int[]> documents,
        CalibrationOptions options,
        CalibrationSectionDraft? existing,
        Action<CalibrationSectionDraft> save,
        IProgress<CalibrationProgress>? progress,
        CancellationToken cancellation)
    {
        Engine = engine;
        _method = method;
        _documents = documents;
        Options = options;
        Existing = existing;
        _save = save;
        _progress = progress;
        Cancellation = cancellation;
        CorpusHash = CalibrationFile.HashOf(string.Join('\0', options.Corpus));
    }

    /// <summary>The model.</summary>
    public Engine Engine { get; }

    /// <summary>Corpus, seed, limits and sizes that the user asked for.</summary>
    public CalibrationOptions Options { get; }

    /// <summary>What the file holds for this method already: a calibrator that was interrupted goes on from there.</summary>
    public CalibrationSectionDraft? Existing { get; }

    /// <summary>Names the corpus in settings.</summary>
    public string CorpusHash { get; }

    /// <summary>Names corpus, seed, limit, and what else a result depends on.</summary>
    public string OriginWith(params IEnumerable<object?> more) =>
        CalibrationFile.HashOf(string.Join(' ', [CorpusHash, Options.Seed, Options.MaxTokens, .. more]));

    /// <summary>Looked at often.</summary>
    public CancellationToken Cancellation { get; }

    /// <summary>Tells how far the method is.</summary>
    public void Report(string activity, double fraction) => _progress?.Report(new CalibrationProgress(_method, activity, fraction));

    /// <summary>Writes the section to the file, also one that is not complete yet.</summary>
    public void Save(CalibrationSectionDraft section) => _save(section);

    /// <summary>The corpus in pieces of one context, each from the beginning of a document or from where the last piece ended.</summary>
    /// <param name="length">Tokens of a piece at most.</param>
    /// <param name="maxTokens">Tokens in all at most, unless the user said otherwise.</param>
    public IEnumerable<int[]> Pieces(int length, int maxTokens)
    {
        int left = TokenLimit(maxTokens);
        foreach (int[] document in _documents)
        {
            for (int first = 0; first < document.Length && left > 0; first += length)
            {
                int[] piece = document[first..Math.Min(document.Length, first + Math.Min(length, left))];
                left -= piece.Length;
                yield return piece;
            }
        }
    }

    /// <summary>Tokens to read at most: the user's choice, or else the calibrator's.</summary>
    public int TokenLimit(int maxTokens) => Options.MaxTokens ?? maxTokens;

    /// <summary>Computes tokens from an empty cache with full attention while an observer looks on.</summary>
    public void Observe(ForwardObserver observer, int[] tokens)
    {
        using TokenReader reader = Engine.CreateReader(tokens.Length);
        reader.Observer = observer;
        reader.Read(tokens, Cancellation);
    }
}
