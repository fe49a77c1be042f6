using System.Diagnostics;
using Winnow.Cache;
using Winnow.Compute;
using Winnow.Compute.Cpu;
using Winnow.Generation;
using Winnow.Quantization;
using Winnow.Tensors;

namespace Winnow.Lab.Devices;

/// <summary>Compares the operations of a device and a model under each attention method with the processor's, group by group: what a user of a card that nobody here has can run.</summary>
public sealed class DeviceCheck : IDisposable
{
    private const int Inputs = 512;
    private const int Outputs = 96;
    private const double Exact = 0;
    private const double Elementwise = 4e-6;
    private const double Attention = 1e-5;
    private const double Products = 1e-4;

    private const double Models = 1e-3;

    // Where a device rounds operands of prompts to f16.
    private const double HalfPrompts = 3e-3;

    // Where it rounds activations of steps to 1/254 of the largest of a block.
    private const double ByteSteps = 2e-2;

    // Where it does either.
    private const double RoundedModels = 2e-2;

    private readonly Device _device;

    private DeviceCheck(Device device)
    {
        _device = device;
    }

    /// <summary>The device's name, in full: <c>vulkan:0</c>.</summary>
    public string Name => _device.Name;

    /// <summary>What the device is, for people.</summary>
    public string Description => _device.Description;

    /// <summary>Opens a device.</summary>
    /// <param name="device">Its name, as <see cref="EngineOptions.Device"/> takes it.</param>
    /// <exception cref="WinnowException">There is no such device, or it cannot be used; the message says why, and what there is.</exception>
    public static DeviceCheck Open(string device) => new(Compute.Devices.Create(device));

    /// <summary>Runs all groups, each when its result is asked for. A group that fails, or throws, does not keep the others from running.</summary>
    public IEnumerable<DeviceCheckResult> Run()
    {
        using CpuDevice processor = new();
        foreach ((string name, double allowed, Func<CheckOperands, float[]> scenario) in Groups(_device))
        {
            yield return Compare(name, allowed, () => Run(_device, isReference: false, scenario), () => Run(processor, isReference: true, scenario));
        }

        double models = _device.RoundsPromptsToHalf || _device.RoundsStepsToBytes ? RoundedModels : Models;
        foreach (string method in MethodCheck.Methods)
        {
            yield return Compare($"model under {method}", models, () => MethodCheck.Logits(_device.Name, method), () => MethodCheck.Logits(processor.Name, method));
        }
    }

    /// <summary>Closes the device.</summary>
    public void Dispose() => _device.Dispose();

    private static DeviceCheckResult Compare(string name, double allowed, Func<float[]> compute, Func<float[]> expect)
    {
        long start = Stopwatch.GetTimestamp();
        try
        {
            float[] actual = compute();
            double elapsed = Stopwatch.GetElapsedTime(start).TotalMilliseconds;
            return new DeviceCheckResult(name, Difference(expect(), actual), allowed, elapsed, null);
        }
        catch (Exception e) when (e is WinnowException or NotSupportedException)
        {
            return new DeviceCheckResult(name, double.NaN, allowed, Stopwatch.GetElapsedTime(start).TotalMilliseconds, e.Message);
        }
    }

    private static float[] Run(Device device, bool isReference, Func<CheckOperands, float[]> scenario)
    {
        using CheckOperands operands = new(device, isReference, seed: 1);
        return scenario(operands);
    }

    private static double Difference(float[] expected, float[] actual)
    {
        double largest = 0;
        for (int i = 0; i < expected.Length; i++)
        {
            double difference = expected[i].Equals(actual[i]) ? 0 : Math.Abs((double)expected[i] - actual[i]) / (1 + Math.Abs(expected[i]));
            largest = Math.Max(largest, difference);
        }

        return largest;
    }

    private static IEnumerable<(string Name, double Allowed, Func<CheckOperands, float[]> Scenario)> Groups(Device device)
    {
        double prompts = device.RoundsPromptsToHalf ? HalfPrompts : Products;
        double promptAttention = device.RoundsPromptsToHalf ? HalfPrompts : Attention;
        double steps = device.RoundsStepsToBytes ? ByteSteps : Products;
        yield return ("memory: written, copied and read", Exact, CopyRows);
        yield return ("norms", Elementwise, Normalize);
        yield return ("activations, sums and soft caps", Elementwise, Activate);
        yield return ("rotation by position", Elementwise, Rotate);
        foreach (TensorType type in BlockTypes.All.Select(row => row.Type).Where(type => BlockCodec.CanEncode(type) && device.Multiplies(type)))
        {
            yield return ($"{type}: embedding", Products, o => Embed(o, type));
            yield return ($"{type}: product with one row", steps, o => MultiplyOne(o, type));
            yield return ($"{type}: product with many rows", prompts, o => MultiplyMany(o, type));
        }

        yield return ("experts of one row", steps, o => MixExperts(o, rows: 1, steps: 1));
        yield return ("experts of many rows", prompts, o => MixExperts(o, rows: 40, steps: 0));
        foreach (TensorType type in new[] { TensorType.F32, TensorType.F16, TensorType.BF16, TensorType.Q8_0, TensorType.Q4_0 })
        {
            yield return ($"{type} keys and values: attention of one query", Attention, o => Attend(o, type, queries: 1));
            yield return ($"{type} keys and values: attention of many queries", promptAttention, o => Attend(o, type, queries: 100));
        }

        yield return ("attention over chosen rows, with window and soft cap, and its mass", Attention, AttendChosen);
    }

    private static float[] CopyRows(CheckOperands o)
    {
        Matrix source = o.Random(70, 1001);
        Matrix target = o.Zeros(70, 1001);
        o.Stream.Copy(source, target);
        return [.. o.Read(source), .. o.Read(target)];
    }

    private static float[] Normalize(CheckOperands o)
    {
        Matrix rows = o.Random(5, 1000);
        Matrix heads = o.Random(5, 640);
        o.Stream.LayerNorm(rows, o.Random(1, 1000), o.Random(1, 1000), 1e-5f, rows);
        o.Stream.RmsNorm(heads, o.Random(1, 64), 1e-6f, heads);
        return [.. o.Read(rows), .. o.Read(heads)];
    }

    private static float[] Activate(CheckOperands o)
    {
        List<float> results = [];
        foreach (Activation activation in Enum.GetValues<Activation>())
        {
            Matrix gate = o.Random(3, 1111, deviation: 4);
            Matrix up = o.Random(3, 1111);
            o.Stream.Gate(activation, gate, up, up);
            o.Stream.Activate(activation, gate);
            o.Stream.Add(up, gate, 0.5f);
            o.Stream.SoftCap(up, 5);
            o.Stream.Scale(up, 1.5f);
            results.AddRange(o.Read(gate));
            results.AddRange(o.Read(up));
        }

        return [.. results];
    }

    private static float[] Rotate(CheckOperands o)
    {
        Matrix rows = o.Random(4, 512);
        float[] frequencies = [.. Enumerable.Range(0, 32).Select(i => (float)Math.Pow(500_000, -i / 32.0))];
        o.Stream.Rope(rows, 64, new RopeFrequencies(frequencies, interleaved: true), [0, 70, 131_000, 1]);
        o.Stream.Rope(rows, 128, new RopeFrequencies(frequencies, interleaved: false), [3, 2, 1, 1_000_000]);
        return o.Read(rows);
    }

    private static float[] Embed(CheckOperands o, TensorType type)
    {
        Matrix rows = o.Zeros(3, Inputs);
        o.Stream.Embed(o.Weight(type, Outputs, Inputs), [95, 0, 17], rows);
        return o.Read(rows);
    }

    private static float[] MultiplyOne(CheckOperands o, TensorType type)
    {
        Matrix one = o.Zeros(1, Outputs);
        o.Stream.MatMul(o.Weight(type, Outputs, Inputs), o.Random(1, Inputs, deviation: 0.05f), one, steps: 1);
        return o.Read(one);
    }

    private static float[] MultiplyMany(CheckOperands o, TensorType type)
    {
        Weight weight = o.Weight(type, Outputs, Inputs);
        Matrix many = o.Zeros(70, Outputs);
        o.Stream.MatMul(weight, o.Random(70, Inputs, deviation: 0.05f), many);
        return o.Read(many);
    }

    private static float[] MixExperts(CheckOperands o, int rows, int steps)
    {
        const int Hidden = 256;
        const int Inner = 128;
        ExpertWeights experts = new(
            o.Experts(TensorType.Q8_0, 8, Inner, Hidden),
            o.Experts(TensorType.Q8_0, 8, Inner, Hidden),
            o.Experts(TensorType.Q8_0, 8, Hidden, Inner),
            Activation.Silu,
            new ExpertRouter(Used: 2, NormalizesWeights: true));
        Matrix input = o.Random(rows, Hidden, deviation: 0.02f);
        Matrix output = o.Zeros(rows, Hidden);
        o.Stream.MixExperts(experts, o.Random(rows, 8), input, output, steps);
        return o.Read(output);
    }

    private static float[] Attend(CheckOperands o, TensorType type, int queries)
    {
        const int Rows = 700;
        AttentionShape shape = new(QueryHeads: 8, KvHeads: 2, HeadDimension: 64, Scale: 0.125f);
        KvCache cache = o.Cache(new KvLayout(2, 64, type), Rows);
        Matrix output = o.Zeros(queries, 512);
        o.Stream.Attend(shape, o.Random(queries, 512), cache.Layer(0), Rows - queries, AttentionPlan.All, isStep: queries == 1, output);
        return o.Read(output);
    }

    private static float[] AttendChosen(CheckOperands o)
    {
        const int Rows = 300;
        AttentionShape shape = new(QueryHeads: 4, KvHeads: 2, HeadDimension: 32, Scale: 0.2f, SoftCap: 20, Window: 200);
        KvCache cache = o.Cache(new KvLayout(2, 32, TensorType.F16), Rows);
        AttentionPlan plan = o.Selector.CreatePlan(AttentionPlanKind.PerKvHead, 2);
        for (int list = 0; list < 2; list++)
        {
            o.Selector.SetRows(o.Stream, plan, list, [.. Enumerable.Range(0, Rows).Where(row => row % (list + 2) == 0 || row == Rows - 1)]);
        }

        Matrix query = o.Random(1, 128);
        Matrix output = o.Zeros(1, 128);
        Matrix mass = o.Zeros(4, Rows);
        o.Stream.Attend(shape, query, cache.Layer(0), Rows - 1, plan, isStep: true, output);
        o.Stream.AttentionMass(shape, query, cache.Layer(0), Rows - 1, mass);
        return [.. o.Read(output), .. o.Read(mass)];
    }
}
