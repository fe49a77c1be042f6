using Winnow.Compute;
using Winnow.Models.Config;

namespace Winnow.Models.Forward;

/// <summary>What passes through a model share: a stream of operations and buffers for the chunk under way, allocated once. Serves one pass at a time.</summary>
internal sealed class ForwardState : IDisposable
{
    /// <summary>Logits of many tokens are computed in parts of about this many bytes.</summary>
    private const int LogitBytes = 16 << 20;

    /// <summary>What the buffers of a chunk may take: models of very wide layers get smaller chunks.</summary>
    private const long ChunkBytes = 256 << 20;

    private readonly List<Matrix> _allocated = [];
    private readonly ModelConfig _config;
    private readonly Matrix _normed;
    private readonly Matrix _key;
    private readonly Matrix _value;
    private readonly Matrix _attention;
    private readonly Matrix _scores;
    private readonly Matrix _feedForward;
    private readonly Matrix?[] _rooms = new Matrix?[Enum.GetValues<PassRoom>().Length];
    private Matrix? _gate;
    private Matrix? _up;
    private Matrix? _logits;
    private readonly List<Matrix> _scratch = [];
    private float[] _hostRows = [];

    /// <param name="device">Where to compute.</param>
    /// <param name="config">The model's sizes.</param>
    /// <param name="chunk">Rows that pass through a layer at once, see <see cref="ChunkFor"/>.</param>
    public ForwardState(Device device, ModelConfig config, int chunk)
    {
        ArgumentOutOfRangeException.ThrowIfNegativeOrZero(chunk);
        Device = device;
        Chunk = chunk;
        _config = config;
        Stream = device.CreateStream();
        _normed = Allocate(config.HiddenSize);
        _key = Allocate(Math.Max(config.Widest(layer => config.KvHeadsOf(layer) * config.KeyDimensionOf(layer)), 1));
        _value = Allocate(Math.Max(config.Widest(layer => config.KvHeadsOf(layer) * config.ValueDimensionOf(layer)), 1));
        _attention = Allocate(config.HiddenSize);
        _scores = Allocate(config.Experts?.Count ?? 1);
        _feedForward = Allocate(config.HiddenSize);
    }

    /// <summary>Where to compute.</summary>
    public Device Device { get; }

    /// <summary>The operations.</summary>
    public ComputeStream Stream { get; }

    /// <summary>Rows that pass through a layer at once.</summary>
    public int Chunk { get; }

    /// <summary>Bytes of the buffers.</summary>
    public long SizeBytes => _allocated.Sum(matrix => matrix.Buffer.SizeBytes);

    /// <summary>Rows of the chunk under way; the matrices below have as many.</summary>
    public int Rows { get; set; }

    /// <summary>What a block reads, [rows, hidden].</summary>
    public Matrix Normed => _normed.RowSlice(0, Rows);

    /// <summary>The keys of a layer, [rows, kvHeads · headDimension].</summary>
    public Matrix Key(int layer) => Narrow(_key, _config.KvHeadsOf(layer) * _config.KeyDimensionOf(layer));

    /// <summary>The values of a layer, [rows, kvHeads · valueDimension].</summary>
    public Matrix Value(int layer) => Narrow(_value, _config.KvHeadsOf(layer) * _config.ValueDimensionOf(layer));

    /// <summary>What the attention block yields, [rows, hidden].</summary>
    public Matrix Attention => _attention.RowSlice(0, Rows);

    /// <summary>[rows, width]; allocated when first asked for: models of experts only have no use for it.</summary>
    /// <param name="width">The inner width of a feed-forward block.</param>
    public Matrix Gate(int width) => Narrow(_gate ??= Allocate(InnerWidth(_config)), width);

    /// <summary>[rows, width]; allocated when first asked for.</summary>
    public Matrix Up(int width) => Narrow(_up ??= Allocate(InnerWidth(_config)), width);

    /// <summary>Room for what some architectures need besides, [rows, columns]; allocated when first asked for, or for more.</summary>
    public Matrix Room(PassRoom room, int columns)
    {
        ref Matrix? matrix = ref _rooms[(int)room];
        if (matrix is not { } given || given.Columns < columns)
        {
            if (matrix is { } former)
            {
                Stream.Wait();
                _allocated.Remove(former);
                former.Buffer.Dispose();
            }

            matrix = given = Allocate(columns);
        }

        return Narrow(given, columns);
    }

    /// <summary>The router's scores, [rows, experts].</summary>
    public Matrix Scores => _scores.RowSlice(0, Rows);

    /// <summary>What the feed-forward block yields, [rows, hidden].</summary>
    public Matrix FeedForward => _feedForward.RowSlice(0, Rows);

    /// <summary>Room for what one layer computes on the way, [rows, columns]; allocated when first asked for.</summary>
    /// <param name="number">Which room: small numbers, each a place of its own.</param>
    /// <param name="columns">Elements of a row.</param>
    public Matrix Scratch(int number, int columns)
    {
        while (_scratch.Count <= number)
        {
            _scratch.Add(Allocate(columns));
        }

        if (_scratch[number].Columns < columns)
        {
            _allocated.Remove(_scratch[number]);
            _scratch[number].Buffer.Dispose();
            _scratch[number] = Allocate(columns);
        }

        return new Matrix(_scratch[number].Buffer, 0, Rows, columns, columns);
    }

    /// <summary>Rows whose logits are computed at once.</summary>
    public int LogitRows => Math.Clamp(LogitBytes / sizeof(float) / _config.VocabularySize, 1, Chunk);

    /// <summary>How many rows of this model pass through a layer at once: as many as wanted, unless their buffers take too much memory.</summary>
    public static int ChunkFor(ModelConfig config, int wanted) => (int)Math.Clamp(ChunkBytes / BytesOfRow(config), 1, wanted);

    /// <summary>What a row of a chunk takes, in these buffers and in those of the pass.</summary>
    public static long BytesOfRow(ModelConfig config)
    {
        long queryWidth = (long)config.QueryHeads * config.Widest(config.KeyDimensionOf);
        long keyWidth = config.Widest(layer => config.KvHeadsOf(layer) * config.KeyDimensionOf(layer));
        return sizeof(float) * ((4L * config.HiddenSize) + (3 * queryWidth) + (2 * keyWidth) + (2L * InnerWidth(config))
            + config.QueryGateWidth + config.RecurrentWidth + config.Layers.Max(layer => layer.Recurrent?.ScratchWidth ?? 0));
    }

    /// <summary>Room for logits, [rows, vocabulary].</summary>
    /// <param name="rows">At most <see cref="LogitRows"/>.</param>
    public Matrix Logits(int rows)
    {
        if (_logits is not { } logits || logits.Rows < rows)
        {
            if (_logits is { } former)
            {
                _allocated.Remove(former);
                former.Buffer.Dispose();
            }

            // One row is what most sessions ever need; several sequences or a perplexity need more.
            _logits = logits = Allocate(_config.VocabularySize, rows == 1 ? 1 : LogitRows);
        }

        return logits.RowSlice(0, rows);
    }

    /// <summary>Waits for what was asked for, and shows rows on the host until the next operation.</summary>
    public ReadOnlySpan<float> Show(Matrix rows) => Stream.Map(rows, ref _hostRows);

    /// <summary>Waits for what was asked for, and finds the most probable tokens of a row of logits.</summary>
    public int FindCandidates(Matrix logits, TokenCandidates candidates) =>
        Stream.ReadGreatest(logits, candidates.Ids, candidates.Logits, ref _hostRows);

    /// <summary>Frees the buffers.</summary>
    public void Dispose()
    {
        Stream.Dispose();
        _allocated.ForEach(matrix => matrix.Buffer.Dispose());
    }

    private static int InnerWidth(ModelConfig config) => Math.Max(config.Widest(config.FeedForwardSizeOf), config.Experts?.SharedSize ?? 0);

    /// <summary>The rows under way, without gaps, in a buffer of wider ones.</summary>
    private Matrix Narrow(Matrix buffer, int width) => new(buffer.Buffer, buffer.Offset, Rows, width, width);

    private Matrix Allocate(int columns, int? rows = null)
    {
        Matrix matrix = Device.AllocateMatrix(rows ?? Chunk, columns);
        _allocated.Add(matrix);
        return matrix;
    }
}
