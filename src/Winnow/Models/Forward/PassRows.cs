using System.Runtime.InteropServices;
using Winnow.Compute;
using Winnow.Models.Config;

namespace Winnow.Models.Forward;

/// <summary>
/// The rows of one pass: which segment each belongs to, and what all of them need at once, the residual stream, queries, and
/// what the heads yield. Rows of steps come first, those of prompts behind them.
/// </summary>
internal sealed class PassRows : IDisposable
{
    private readonly LayerDevices _devices;
    private readonly ModelConfig _config;
    private readonly int _chunk;
    private readonly List<Segment> _segments = [];
    private readonly PassBuffers?[] _onDevice;
    private int _capacity;
    private bool _hasUnrotated;
    private int _device;
    private int[] _ids = [];
    private int[] _positions = [];

    /// <param name="devices">Where each layer is computed.</param>
    /// <param name="config">The model's sizes.</param>
    /// <param name="chunk">Rows that pass through a layer at once.</param>
    public PassRows(LayerDevices devices, ModelConfig config, int chunk)
    {
        _devices = devices;
        _onDevice = new PassBuffers?[devices.All.Count];
        _config = config;
        _chunk = chunk;
    }

    /// <summary>The segments, in the order of their rows.</summary>
    public ReadOnlySpan<Segment> Segments => CollectionsMarshal.AsSpan(_segments);

    /// <summary>Rows of the pass; from the end of the last layer's attention on, those that must come out.</summary>
    public int Count { get; private set; }

    /// <summary>How many of them, the first ones, are steps.</summary>
    public int StepCount { get; private set; }

    /// <summary>The first row of the chunk under way.</summary>
    public int First { get; private set; }

    /// <summary>Rows of the chunk under way; the matrices below have as many.</summary>
    public int Rows { get; private set; }

    /// <summary>How many of the chunk's rows, the first ones, are steps.</summary>
    public int Steps => Math.Clamp(StepCount - First, 0, Rows);

    /// <summary>Token ids, [rows].</summary>
    public ReadOnlySpan<int> Ids => _ids.AsSpan(First, Rows);

    /// <summary>Positions that rotations go by, [rows].</summary>
    public ReadOnlySpan<int> Positions => _positions.AsSpan(First, Rows);

    /// <summary>The residual stream, [rows, hidden].</summary>
    public Matrix Hidden => Buffers.Hidden.RowSlice(First, Rows);

    /// <summary>[rows, width].</summary>
    /// <param name="width">Query heads times elements of a query in the layer under way.</param>
    public Matrix Query(int width) => RowsOf(Buffers.Query, width, First, Rows);

    /// <summary>The queries before rotation; null where no attention method asks for them.</summary>
    public Matrix? UnrotatedQuery(int width) => Buffers.UnrotatedQuery is { } queries ? RowsOf(queries, width, First, Rows) : null;

    /// <summary>Queries and what gates their results, side by side, [rows, queryHeads · 2 · headDimension].</summary>
    public Matrix QueryGate => Buffers.QueryGate!.Value.RowSlice(First, Rows);

    /// <summary>What a block with a state yields.</summary>
    /// <param name="width">Its width.</param>
    public Matrix Recurrent(int width) => Buffers.Recurrent!.Value.RowSlice(First, Rows).ColumnSlice(0, width);

    /// <summary>What the heads yield, [rows, width].</summary>
    /// <param name="width">Query heads times elements of a value in the layer under way.</param>
    public Matrix Attended(int width) => RowsOf(Buffers.Attended, width, First, Rows);

    /// <summary>The vectors that the tokens have for each layer, [rows, layers · width]; null where they have none.</summary>
    public Matrix? PerLayer => Buffers.PerLayer?.RowSlice(First, Rows);

    /// <summary>Bytes of what all rows need at once.</summary>
    public long SizeBytes => _onDevice.Sum(buffers => buffers?.SizeBytes ?? 0);

    /// <summary>The part of it that lies on a device.</summary>
    /// <param name="device">The device's number.</param>
    public long SizeBytesOn(int device) => _onDevice[device]?.SizeBytes ?? 0;

    /// <summary>
    /// Takes the segments of a pass, those of steps first. More rows than a chunk keep the memory of all of them,
    /// rows · (hidden + 2 · queryHeads · headDimension) floats; it goes back with the next shorter pass.
    /// </summary>
    /// <param name="segments">At least one, each of another sequence and with at least one token.</param>
    public void Begin(ReadOnlySpan<Segment> segments)
    {
        _segments.Clear();
        Count = 0;
        Add(segments, steps: true);
        StepCount = Count;
        Add(segments, steps: false);
        Allocate(Math.Max(Count, _chunk), unrotated: _segments.Exists(static segment => segment.Sequence.Attention.NeedsUnrotatedQueries));
        if (_ids.Length < Count)
        {
            _ids = new int[_capacity];
            _positions = new int[_ids.Length];
        }

        foreach (Segment segment in _segments)
        {
            segment.Tokens.Span.CopyTo(_ids.AsSpan(segment.FirstRow));
            Span<int> positions = _positions.AsSpan(segment.FirstRow, segment.Rows);
            if (segment.Positions.IsEmpty)
            {
                for (int token = 0; token < positions.Length; token++)
                {
                    positions[token] = segment.Sequence.Cache.Length + token;
                }
            }
            else
            {
                segment.Positions.Span.CopyTo(positions);
            }
        }

        MoveTo(0);
    }

    /// <summary>Goes to the chunk that begins at a row.</summary>
    public void MoveTo(int first)
    {
        First = first;
        Rows = Math.Min(_chunk, Count - first);
    }

    /// <summary>The parts of the chunk under way, in order.</summary>
    public PartEnumerator GetEnumerator() => new(this);

    /// <summary>The queries of a segment, [tokens, width].</summary>
    public Matrix QueryOf(Segment segment, int width) => RowsOf(Buffers.Query, width, segment.FirstRow, segment.Rows);

    /// <summary>The queries of a segment before rotation; null where no attention method asks for them.</summary>
    public Matrix? UnrotatedQueryOf(Segment segment, int width) =>
        Buffers.UnrotatedQuery is { } queries ? RowsOf(queries, width, segment.FirstRow, segment.Rows) : null;

    /// <summary>What the heads yield for a segment, [tokens, width].</summary>
    public Matrix AttendedOf(Segment segment, int width) => RowsOf(Buffers.Attended, width, segment.FirstRow, segment.Rows);

    /// <summary>Drops the rows that need not come out of the last layer; the others move together, in their order.</summary>
    /// <param name="stream">Copies rows.</param>
    /// <param name="width">Elements of what the last layer's heads yield.</param>
    public void KeepOutputs(ComputeStream stream, int width)
    {
        int kept = 0;
        foreach (Segment segment in _segments)
        {
            int first = kept;
            for (int output = 0; output < segment.Outputs; output++, kept++)
            {
                int row = segment.FirstRow + segment.OutputToken(output);
                if (row != kept)
                {
                    Move(stream, Buffers.Hidden, row, kept);
                    Move(stream, width > 0 ? RowsOf(Buffers.Attended, width, 0, Count) : null, row, kept);
                    Move(stream, Buffers.QueryGate, row, kept);
                    Move(stream, Buffers.Recurrent, row, kept);
                    Move(stream, Buffers.PerLayer, row, kept);
                }
            }

            segment.FirstRow = first;
        }

        Count = kept;
        MoveTo(0);
    }

    /// <summary>The residual stream of some rows, [rows, hidden].</summary>
    public Matrix HiddenRows(int first, int rows) => Buffers.Hidden.RowSlice(first, rows);

    /// <summary>Goes to the device of a layer; the residual stream goes along.</summary>
    /// <param name="work">Streams.</param>
    /// <param name="layer">The next layer.</param>
    public void GoTo(Workspace work, int layer)
    {
        int device = _devices.IndexOf(layer);
        if (device != _device)
        {
            Matrix source = Buffers.Hidden;
            Matrix? vectors = Buffers.PerLayer;
            ForwardState from = work.Of(layer - 1);
            _device = device;
            for (int first = 0; first < Count; first += _chunk)
            {
                int rows = Math.Min(_chunk, Count - first);
                work.Of(layer).Stream.Write(from.Show(source.RowSlice(first, rows)), Buffers.Hidden.RowSlice(first, rows));
                if (vectors is { } perLayer)
                {
                    work.Of(layer).Stream.Write(from.Show(perLayer.RowSlice(first, rows)), Buffers.PerLayer!.Value.RowSlice(first, rows));
                }
            }
        }
    }

    /// <summary>Frees the buffers.</summary>
    public void Dispose()
    {
        foreach (ref PassBuffers? buffers in _onDevice.AsSpan())
        {
            buffers?.Dispose();
            buffers = null;
        }

        _capacity = 0;
    }

    private void Add(ReadOnlySpan<Segment> segments, bool steps)
    {
        foreach (Segment segment in segments)
        {
            if (segment.IsSteps == steps)
            {
                segment.FirstRow = Count;
                Count += segment.Rows;
                _segments.Add(segment);
            }
        }
    }

    private static void Move(ComputeStream stream, Matrix? rows, int from, int to)
    {
        if (rows is { } matrix)
        {
            stream.Copy(matrix.RowSlice(from, 1), matrix.RowSlice(to, 1));
        }
    }

    private PassBuffers Buffers => _onDevice[_device]!;

    /// <summary>Rows of a buffer that is as wide as the widest layer needs, without gaps.</summary>
    private static Matrix RowsOf(Matrix buffer, int width, int first, int rows) =>
        new(buffer.Buffer, buffer.Offset + ((long)first * width), rows, width, width);

    private void Allocate(int rows, bool unrotated)
    {
        _device = _devices.IndexOf(0);
        if (_capacity == rows && (_hasUnrotated || !unrotated))
        {
            return;
        }

        Dispose();
        for (int i = 0; i < _onDevice.Length; i++)
        {
            _onDevice[i] = new PassBuffers(_devices.All[i], _config, rows, unrotated);
        }

        _capacity = rows;
        _hasUnrotated = unrotated;
    }

    /// <summary>Goes through the parts of a chunk; allocates nothing.</summary>
    public struct PartEnumerator(PassRows rows)
    {
        private int _segment = -1;

        /// <summary>The part.</summary>
        public SegmentPart Current { get; private set; }

        /// <summary>Goes to the next part.</summary>
        public bool MoveNext()
        {
            while (++_segment < rows._segments.Count)
            {
                Segment segment = rows._segments[_segment];
                int first = Math.Max(segment.FirstRow, rows.First);
                int end = Math.Min(segment.FirstRow + segment.Rows, rows.First + rows.Rows);
                if (first < end)
                {
                    Current = new SegmentPart(segment, first - segment.FirstRow, first - rows.First, end - first);
                    return true;
                }
            }

            return false;
        }
    }
}
