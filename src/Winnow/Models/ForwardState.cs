using Winnow.Compute;

namespace Winnow.Models;

/// <summary>What one session needs to run a model: a stream of operations and buffers for activations, allocated once.</summary>
internal sealed class ForwardState : IDisposable
{
    /// <summary>Tokens that pass through the layers at once while a prompt is read.</summary>
    public const int DefaultChunk = 512;

    /// <summary>Logits of many tokens are computed in parts of about this many bytes.</summary>
    private const int LogitBytes = 16 << 20;

    private readonly Device _device;
    private readonly List<Matrix> _allocated = [];
    private readonly Matrix _hidden;
    private readonly Matrix _normed;
    private readonly Matrix _query;
    private readonly Matrix _key;
    private readonly Matrix _value;
    private readonly Matrix _attended;
    private readonly Matrix _attention;
    private readonly Matrix _scores;
    private readonly Matrix _feedForward;
    private readonly Matrix _lastLogits;
    private readonly ModelConfig _config;
    private Matrix? _gate;
    private Matrix? _up;
    private Matrix? _logits;

    /// <param name="device">Where to compute.</param>
    /// <param name="config">The model's sizes.</param>
    /// <param name="contextLength">Tokens that the session may hold.</param>
    /// <param name="chunk">Tokens that pass through the layers at once.</param>
    public ForwardState(Device device, ModelConfig config, int contextLength, int chunk = DefaultChunk)
    {
        ArgumentOutOfRangeException.ThrowIfNegativeOrZero(contextLength);
        ArgumentOutOfRangeException.ThrowIfNegativeOrZero(chunk);
        _device = device;
        ContextLength = contextLength;
        Chunk = Math.Min(chunk, contextLength);
        _config = config;
        Dictionary<RopeConfig, RopeFrequencies> ropes = [];
        Ropes = new RopeFrequencies?[config.Layers.Count];
        for (int i = 0; i < Ropes.Length; i++)
        {
            if (config.Layers[i].Rope is { } rope)
            {
                if (!ropes.TryGetValue(rope, out RopeFrequencies? frequencies))
                {
                    ropes[rope] = frequencies = rope.CreateFrequencies(config.RopeIsInterleaved, contextLength);
                }

                Ropes[i] = frequencies;
            }
        }

        Stream = device.CreateStream();
        int queryWidth = config.QueryHeads * config.HeadDimension;
        int keyWidth = config.KvHeads * config.HeadDimension;
        _hidden = Allocate(Chunk, config.HiddenSize);
        _normed = Allocate(Chunk, config.HiddenSize);
        _query = Allocate(Chunk, queryWidth);
        _key = Allocate(Chunk, keyWidth);
        _value = Allocate(Chunk, keyWidth);
        _attended = Allocate(Chunk, queryWidth);
        _attention = Allocate(Chunk, config.HiddenSize);
        _scores = Allocate(Chunk, config.Experts?.Count ?? 1);
        _feedForward = Allocate(Chunk, config.HiddenSize);
        _lastLogits = Allocate(1, config.VocabularySize);
    }

    /// <summary>The operations.</summary>
    public ComputeStream Stream { get; }

    /// <summary>Tokens that the session may hold.</summary>
    public int ContextLength { get; }

    /// <summary>Tokens that pass through the layers at once.</summary>
    public int Chunk { get; }

    /// <summary>The rotation of each layer; null where there is none.</summary>
    public RopeFrequencies?[] Ropes { get; }

    /// <summary>Tokens of the pass under way; all matrices have so many rows.</summary>
    public int Rows { get; set; }

    /// <summary>The residual stream, [rows, hidden].</summary>
    public Matrix Hidden => _hidden.RowSlice(0, Rows);

    /// <summary>What a block reads, [rows, hidden].</summary>
    public Matrix Normed => _normed.RowSlice(0, Rows);

    /// <summary>[rows, queryHeads · headDimension].</summary>
    public Matrix Query => _query.RowSlice(0, Rows);

    /// <summary>[rows, kvHeads · headDimension].</summary>
    public Matrix Key => _key.RowSlice(0, Rows);

    /// <summary>[rows, kvHeads · headDimension].</summary>
    public Matrix Value => _value.RowSlice(0, Rows);

    /// <summary>What the heads yield, [rows, queryHeads · headDimension].</summary>
    public Matrix Attended => _attended.RowSlice(0, Rows);

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

    /// <summary>Frees the buffers.</summary>
    public void Dispose()
    {
        Stream.Dispose();
        _allocated.ForEach(matrix => matrix.Buffer.Dispose());
    }

    private Matrix Allocate(int rows, int columns)
    {
        Matrix matrix = _device.AllocateMatrix(rows, columns);
        _allocated.Add(matrix);
        return matrix;
    }
}
