using Winnow.Attention;
using Winnow.Compute;
using Winnow.Compute.Host.Selection;

namespace Winnow.Lab.Evaluation;

/// <summary>
/// Measures how much of the attention that a decode step would pay to the whole cache falls on the rows that its method
/// named, and how many of the rows with the most attention these are: 1 where nothing is missed.
/// </summary>
internal sealed class RecoveredMass(int layers) : IDisposable
{
    private readonly double[] _sums = new double[layers];
    private readonly double[] _recalls = new double[layers];
    private readonly TopRows _top = new();
    private int[] _largest = [];
    private readonly int[] _steps = new int[layers];
    private readonly Dictionary<Device, Matrix> _mass = [];
    private float[] _host = [];

    /// <summary>The mean over steps and query heads for each layer; 1 where there was no step.</summary>
    public double[] ByLayer => [.. _sums.Select((sum, layer) => _steps[layer] == 0 ? 1 : sum / _steps[layer])];

    /// <summary>Of the rows with the most attention, as many as were named, the part that was named; like <see cref="ByLayer"/>.</summary>
    public double[] RecallByLayer => [.. _recalls.Select((sum, layer) => _steps[layer] == 0 ? 1 : sum / _steps[layer])];

    /// <summary>Takes a step of a layer in.</summary>
    public void Observe(in AttentionCall call, AttentionPlan plan)
    {
        _steps[call.Layer]++;
        if (plan.Kind == AttentionPlanKind.All)
        {
            _sums[call.Layer]++;
            _recalls[call.Layer]++;
            return;
        }

        ReadOnlySpan<float> mass = Measure(call);
        _sums[call.Layer] += OnNamedRows(call.Shape, plan, mass, call.Length);
        _recalls[call.Layer] += Recall(call.Shape, plan, mass, call.Length);
    }

    /// <summary>The mass on the rows that a plan names, as a mean over query heads.</summary>
    /// <param name="shape">The layer's heads.</param>
    /// <param name="plan">Lists of rows.</param>
    /// <param name="mass">[queryHeads, length].</param>
    /// <param name="length">Rows in the cache.</param>
    public static double OnNamedRows(AttentionShape shape, AttentionPlan plan, ReadOnlySpan<float> mass, int length)
    {
        double sum = 0;
        for (int head = 0; head < shape.QueryHeads; head++)
        {
            ReadOnlySpan<float> row = mass.Slice(head * length, length);
            foreach (int named in plan.Rows(ListOf(shape, plan.Kind, head)))
            {
                sum += row[named];
            }
        }

        return sum / shape.QueryHeads;
    }

    /// <summary>How many of the rows with the most attention a plan names, as a mean over query heads; 1 for a head that names none.</summary>
    /// <param name="shape">The layer's heads.</param>
    /// <param name="plan">Lists of rows.</param>
    /// <param name="mass">[queryHeads, length].</param>
    /// <param name="length">Rows in the cache.</param>
    public double Recall(AttentionShape shape, AttentionPlan plan, ReadOnlySpan<float> mass, int length)
    {
        double sum = 0;
        for (int head = 0; head < shape.QueryHeads; head++)
        {
            ReadOnlySpan<int> named = plan.Rows(ListOf(shape, plan.Kind, head));
            if (_largest.Length < named.Length)
            {
                _largest = new int[length];
            }

            Span<int> largest = _largest.AsSpan(0, named.Length);
            _top.Select(mass.Slice(head * length, length), largest);
            sum += named.IsEmpty ? 1 : (double)CountCommon(named, largest) / named.Length;
        }

        return sum / shape.QueryHeads;
    }

    public void Dispose()
    {
        foreach (Matrix mass in _mass.Values)
        {
            mass.Buffer.Dispose();
        }
    }

    /// <summary>How many numbers two ascending lists share.</summary>
    private static int CountCommon(ReadOnlySpan<int> a, ReadOnlySpan<int> b)
    {
        int common = 0;
        for (int i = 0, j = 0; i < a.Length && j < b.Length;)
        {
            common += a[i] == b[j] ? 1 : 0;
            (i, j) = a[i] < b[j] ? (i + 1, j) : a[i] > b[j] ? (i, j + 1) : (i + 1, j + 1);
        }

        return common;
    }

    private static int ListOf(AttentionShape shape, AttentionPlanKind kind, int head) => kind switch
    {
        AttentionPlanKind.Shared => 0,
        AttentionPlanKind.PerKvHead => head / shape.GroupSize,
        _ => head,
    };

    private ReadOnlySpan<float> Measure(in AttentionCall call)
    {
        int count = call.Shape.QueryHeads * call.Length;
        Device device = call.Stream.Device;
        if (!_mass.TryGetValue(device, out Matrix mass) || (long)mass.Rows * mass.Columns < count)
        {
            mass.Buffer?.Dispose();
            _mass[device] = mass = device.AllocateMatrix(1, count + (count / 2));
            _host = new float[count + (count / 2)];
        }

        Matrix target = new(mass.Buffer, 0, call.Shape.QueryHeads, call.Length, call.Length);
        call.Stream.AttentionMass(call.Shape, call.Queries, call.Cache, call.FirstPosition, target);
        call.Stream.Read(target, _host.AsSpan(0, count));
        return _host.AsSpan(0, count);
    }
}
