using Winnow.Attention;
using Winnow.Compute;
using Winnow.Models.Config;

namespace Winnow.Models.Forward;

/// <summary>What one session needs to run a model: a stream of operations and buffers for activations, allocated once.</summary>
internal sealed class ForwardState : IDisposable
{
    /// <summary>Logits of many tokens are computed in parts of about this many bytes.</summary>
    private const int LogitBytes = 16 << 20;

    private readonly Device _device;
    private readonly List<Matrix> _allocated = [];
    private readonly Matrix _normed;
    private readonly Matrix _key;
    private readonly Matrix _value;
    private readonly int _hiddenWidth;
    private readonly int _queryWidth;
    private readonly Matrix _attention;
    private readonly Matrix _scores;
    private readonly Matrix _feedForward;
    private readonly Matrix _lastLogits;
    private readonly ModelConfig _config;
    private Matrix? _gate;
    private Matrix? _up;
    private Matrix? _logits;
    private Matrix _hidden;
    private Matrix _query;
    private Matrix? _unrotatedQuery;
    private Matrix _attended;
    private int _first;
    private bool _isDecode;

    /// <param name="device">Where to compute.</param>
    /// <param name="config">The model's sizes.</param>
    /// <param name="ropes">The rotation of each layer; null where there is none.</param>
    /// <param name="attention">Which rows queries attend to.</param>
    /// <param name="chunk">Tokens that pass through the layers at once.</param>
    public ForwardState(Device device, ModelConfig config, RopeFrequencies?[] ropes, SessionAttention attention, int chunk)
    {
        ArgumentOutOfRangeException.ThrowIfNegativeOrZero(chunk);
        _device = device;
        SessionAttention = attention;
        Chunk = chunk;
        _config = config;
        Ropes = ropes;

        Stream = device.CreateStream();
        _hiddenWidth = config.HiddenSize;
        _queryWidth = config.QueryHeads * config.HeadDimension;
        int keyWidth = config.KvHeads * config.HeadDimension;
        _normed = Allocate(Chunk, config.HiddenSize);
        _key = Allocate(Chunk, keyWidth);
        _value = Allocate(Chunk, keyWidth);
        _attention = Allocate(Chunk, config.HiddenSize);
        _scores = Allocate(Chunk, config.Experts?.Count ?? 1);
        _feedForward = Allocate(Chunk, config.HiddenSize);
        _lastLogits = Allocate(1, config.VocabularySize);
        (_hidden, _query, _unrotatedQuery, _attended) = AllocatePass(Chunk);
    }

    /// <summary>The operations.</summary>
    public ComputeStream Stream { get; }

    /// <summary>Which rows queries attend to.</summary>
    public SessionAttention SessionAttention { get; }

    /// <summary>Sees what flows through the passes; null for nobody.</summary>
    public ForwardObserver? Observer { get; set; }

    /// <summary>Tokens that pass through the layers at once.</summary>
    public int Chunk { get; }

    /// <summary>The rotation of each layer; null where there is none.</summary>
    public RopeFrequencies?[] Ropes { get; }

    /// <summary>Tokens of the pass under way: a chunk, or the whole prompt where an attention method needs it.</summary>
    public int PassRows { get; private set; }

    /// <summary>Tokens of the chunk under way; the matrices below have so many rows.</summary>
    public int Rows { get; private set; }

    /// <summary>Tokens of the chunk that are decode steps: all or none.</summary>
    public int Steps => _isDecode ? Rows : 0;

    /// <summary>The first token of the chunk, counted from the beginning of the pass.</summary>
    public int FirstRow => _first;

    /// <summary>The queries of the whole pass, [pass rows, queryHeads · headDimension].</summary>
    public Matrix PassQuery => _query.RowSlice(0, PassRows);

    /// <summary>The queries of the whole pass before rotation; null where no attention method asks for them.</summary>
    public Matrix? PassUnrotatedQuery => _unrotatedQuery?.RowSlice(0, PassRows);

    /// <summary>What the heads yield for the whole pass, [pass rows, queryHeads · headDimension].</summary>
    public Matrix PassAttended => _attended.RowSlice(0, PassRows);

    /// <summary>The residual stream, [rows, hidden].</summary>
    public Matrix Hidden => _hidden.RowSlice(_first, Rows);

    /// <summary>What a block reads, [rows, hidden].</summary>
    public Matrix Normed => _normed.RowSlice(0, Rows);

    /// <summary>[rows, queryHeads · headDimension].</summary>
    public Matrix Query => _query.RowSlice(_first, Rows);

    /// <summary>The queries before rotation; null where no attention method asks for them.</summary>
    public Matrix? UnrotatedQuery => _unrotatedQuery?.RowSlice(_first, Rows);

    /// <summary>[rows, kvHeads · headDimension].</summary>
    public Matrix Key => _key.RowSlice(0, Rows);

    /// <summary>[rows, kvHeads · headDimension].</summary>
    public Matrix Value => _value.RowSlice(0, Rows);

    /// <summary>What the heads yield, [rows, queryHeads · headDimension].</summary>
    public Matrix Attended => _attended.RowSlice(_first, Rows);

    /// <summary>What the attention block yields, [rows, hidden].</summary>
    public Matrix Attention => _attention.RowSlice(0, Rows);

    /// <summary>[rows, feedForward]; allocated when first asked for: models of experts only have no use for it.</summary>
    public Matrix Gate => (_gate ??= Allocate(Chunk, _config.FeedForwardSize)).RowSlice(0, Rows);

    /// <summary>[rows, feedForward]; allocated when first asked for.</summary>
    public Matrix Up => (_up ??= Allocate(Chunk, _config.FeedForwardSize)).RowSlice(0, Rows);

    /// <summary>The router's scores, [rows, experts].</summary>
    public Matrix Scores => _scores.RowSlice(0, Rows);

    /// <summary>What the feed-forward block yields, [rows, hidden].</summary>
    public Matrix FeedForward => _feedForward.RowSlice(0, Rows);

    /// <summary>Logits, [1, vocabulary].</summary>
    public Matrix LastLogits => _lastLogits;

    /// <summary>Logits of several tokens at once, [some rows, vocabulary]; allocated when first asked for.</summary>
    public Matrix Logits => _logits ??= Allocate(Math.Clamp(LogitBytes / sizeof(float) / _config.VocabularySize, 1, Chunk), _config.VocabularySize);

    /// <summary>
    /// Begins a pass. A pass of more than a chunk holds the residual stream, queries and what the heads yield of all its tokens,
    /// rows · (hidden + 2 · queryHeads · headDimension) floats; the memory goes back with the next shorter pass.
    /// </summary>
    public void BeginPass(int rows, AttentionPhase phase)
    {
        _isDecode = phase == AttentionPhase.Decode;
        int wanted = Math.Max(rows, Chunk);
        if (wanted != _hidden.Rows)
        {
            foreach (Matrix? former in (Matrix?[])[_hidden, _query, _unrotatedQuery, _attended])
            {
                if (former is { } matrix)
                {
                    _allocated.Remove(matrix);
                    matrix.Buffer.Dispose();
                }
            }

            (_hidden, _query, _unrotatedQuery, _attended) = AllocatePass(wanted);
        }

        PassRows = rows;
        MoveTo(0);
    }

    /// <summary>Goes to the chunk that begins at a token of the pass.</summary>
    public void MoveTo(int firstRow)
    {
        _first = firstRow;
        Rows = Math.Min(Chunk, PassRows - firstRow);
    }

    /// <summary>Frees the buffers.</summary>
    public void Dispose()
    {
        SessionAttention.Dispose();
        Stream.Dispose();
        _allocated.ForEach(matrix => matrix.Buffer.Dispose());
    }

    private (Matrix Hidden, Matrix Query, Matrix? UnrotatedQuery, Matrix Attended) AllocatePass(int rows) => (
        Allocate(rows, _hiddenWidth),
        Allocate(rows, _queryWidth),
        SessionAttention.NeedsUnrotatedQueries ? Allocate(rows, _queryWidth) : null,
        Allocate(rows, _queryWidth));

    private Matrix Allocate(int rows, int columns)
    {
        Matrix matrix = _device.AllocateMatrix(rows, columns);
        _allocated.Add(matrix);
        return matrix;
    }
}
