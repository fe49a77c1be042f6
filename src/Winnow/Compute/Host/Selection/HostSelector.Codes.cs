namespace Winnow.Compute.Host.Selection;

internal sealed partial class HostSelector
{
    private readonly CodingWork _coding = new();
    private readonly CodedChoice _coded = new();
    private Matrix? _readBack;
    private Device? _readBackDevice;
    private float[] _keys = [];
    private float[] _queries = [];

    public override QuerySums CreateSums(AttentionShape shape, RopeFrequencies? rope, int far) => new HostSums(shape, rope, far);

    public override CodedKeys CreateCodes(AttentionShape shape, RopeFrequencies? rope, int far, Codebook[]? codebooks) =>
        new HostCodes(shape, rope, far, codebooks);

    public override void Train(ComputeStream stream, CodedKeys codes, QuerySums sums, KvLayer cache, CodebookTraining training)
    {
        HostCodes target = (HostCodes)codes;
        Matrix keys = stream.Device.AllocateMatrix(training.Count, codes.Shape.KvHeads * codes.Shape.HeadDimension);
        using DeviceBuffer owned = keys.Buffer;
        stream.ReadKeys(cache, 0, training.Step, training.Count, target.Rope, keys);
        float[] scratch = [];
        target.Use(new CodebookWork((HostSums)sums, training).Run(stream, stream.Map(keys, ref scratch)));
    }

    public override void TakeCoded(
        ComputeStream stream, CodedKeys codes, Matrix query, int length, CodeChoice choice, ReadOnlySpan<int> budgets, AttentionPlan plan)
    {
        stream.Read(query, _coded.Query(query.Columns));
        _coded.Run(stream, (HostCodes)codes, length, choice, budgets, (HostPlan)plan);
    }

    protected override void AddQueriesCore(ComputeStream stream, QuerySums sums, Matrix queries, int firstPosition, int step) =>
        ((HostSums)sums).Add(firstPosition, step, stream.Map(queries, ref _queries));

    protected override void EncodeCore(ComputeStream stream, CodedKeys codes, Matrix keys, int firstPosition) =>
        _coding.Run(stream, (HostCodes)codes, stream.Map(keys, ref _keys), firstPosition, keys.Rows);

    protected override void EncodeFromCacheCore(ComputeStream stream, CodedKeys codes, KvLayer cache, int firstPosition, int count)
    {
        int width = codes.Shape.KvHeads * codes.Shape.HeadDimension;
        if (_readBack is not { } memory || memory.Rows < count || memory.Columns != width || _readBackDevice != stream.Device)
        {
            _readBack?.Buffer.Dispose();
            _readBack = memory = stream.Device.AllocateMatrix(count, width);
            _readBackDevice = stream.Device;
        }

        Matrix keys = memory.RowSlice(0, count);
        stream.ReadKeys(cache, firstPosition, 1, count, ((HostCodes)codes).Rope, keys);
        EncodeCore(stream, codes, keys, firstPosition);
    }
}
