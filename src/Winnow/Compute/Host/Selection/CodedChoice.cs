namespace Winnow.Compute.Host.Selection;

/// <summary>Chooses far tokens by their codes, KV head by KV head.</summary>
internal sealed class CodedChoice : IHostWork
{
    private HeadScratch[] _scratch = [];
    private int[] _budgets = [];
    private float[] _queries = [];
    private HostCodes? _codes;
    private HostPlan? _plan;
    private CodeChoice _choice;
    private int _length;

    /// <summary>The query of all heads, to be filled; it is rotated in place.</summary>
    public Span<float> Query(int width)
    {
        if (_queries.Length < width)
        {
            _queries = new float[width];
        }

        return _queries.AsSpan(0, width);
    }

    /// <summary>Fills the lists of all heads.</summary>
    /// <param name="stream">Whose threads work.</param>
    /// <param name="codes">Of all tokens before the window.</param>
    /// <param name="length">Rows in the cache.</param>
    /// <param name="choice">What is read besides.</param>
    /// <param name="budgets">For each KV head, the far tokens that each of its query heads chooses.</param>
    /// <param name="plan">A list for each KV head.</param>
    public void Run(ComputeStream stream, HostCodes codes, int length, CodeChoice choice, ReadOnlySpan<int> budgets, HostPlan plan)
    {
        if (_scratch.Length < budgets.Length)
        {
            _scratch = [.. budgets.ToArray().Select(_ => new HeadScratch())];
            _budgets = new int[budgets.Length];
        }

        budgets.CopyTo(_budgets);
        _codes = codes;
        _plan = plan;
        _choice = choice;
        _length = length;
        stream.RunOnHost(this, budgets.Length);
    }

    void IHostWork.Run(int part)
    {
        AttentionShape shape = _codes!.Shape;
        Codebook codebook = _codes.Codebooks[part];
        KeyCodes codes = _codes.Codes(part);
        HeadScratch scratch = _scratch[part];
        int first = _choice.Sink;
        int end = _length - _choice.Window;
        codes.CountFar(first, end);

        Span<float> queries = _queries.AsSpan(part * shape.GroupSize * shape.HeadDimension, shape.GroupSize * shape.HeadDimension);
        for (int i = 0; i < queries.Length; i += shape.HeadDimension)
        {
            _codes.Rotation.Rotate(queries.Slice(i, shape.HeadDimension));
        }

        Span<float> tables = scratch.Tables(shape.GroupSize * codebook.TableLength);
        codebook.FillTables(queries, tables);
        scratch.Selection.Begin(codebook.Count);
        for (int head = 0; head < shape.GroupSize; head++)
        {
            scratch.Selection.Add(
                tables.Slice(head * codebook.TableLength, codebook.Count), codes.Codes, codes.Counts, first, end, _budgets[part]);
        }

        Span<int> rows = _plan!.Resize(part, _length);
        for (int row = 0; row < first; row++)
        {
            rows[row] = row;
        }

        int count = first + scratch.Selection.Write(codes.Codes, first, end, rows[first..]);
        for (int row = end; row < _length; row++)
        {
            rows[count++] = row;
        }

        _plan.Resize(part, count);
    }

    /// <summary>Memory of one KV head's choice, reused from layer to layer.</summary>
    private sealed class HeadScratch
    {
        private float[] _tables = [];

        public FarSelection Selection { get; } = new();

        public Span<float> Tables(int length)
        {
            if (_tables.Length < length)
            {
                _tables = new float[length];
            }

            return _tables.AsSpan(0, length);
        }
    }
}
