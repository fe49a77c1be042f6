using System.Globalization;
using System.Text.Json;
using Winnow.Compute;
using Winnow.Lab.Devices;
using Winnow.Models;
using Winnow.Tensors;

namespace Winnow.Cli.Output;

/// <summary>What a model is, what it takes at several lengths, where it fits here, and how fast it can be at most: in one screen.</summary>
internal sealed class ModelReport
{
    private static readonly TensorType[] KvTypes = [TensorType.F16, TensorType.Q8_0, TensorType.Q4_0];

    private readonly ModelInfo _model;
    private readonly int[] _lengths;
    private readonly TensorType[] _kvTypes;
    private readonly List<Room> _rooms = [];
    private readonly double[]? _decode;
    private readonly double _prompt;
    private readonly double _readBytes;

    /// <summary>Looks at the machine as well.</summary>
    /// <param name="model">The model.</param>
    /// <param name="measures">Whether to measure how fast the processor reads and multiplies, which takes some seconds.</param>
    /// <param name="cancellationToken">Stops between measurements.</param>
    public ModelReport(ModelInfo model, bool measures, CancellationToken cancellationToken)
    {
        _model = model;
        int context = Math.Max(model.ContextLength, 1);
        _lengths = model.Refusal is not null ? [] : [.. new[] { 4096, 16384, 32768, 131072 }.Where(length => length < context).Append(context)];
        _kvTypes = [.. KvTypes.Where(type => model.Refusal is null && model.CanStoreKvAs(type))];
        if (model.Refusal is not null)
        {
            return;
        }

        TensorType[] types = [.. model.StepTypes.Select(type => type.Type)];
        _rooms.Add(new Room("cpu", GC.GetGCMemoryInfo().TotalAvailableMemoryBytes, []));
        foreach (DeviceInfo info in Devices.List().Where(info => info.Refusal is null && info.Name != "cpu"))
        {
            DeviceRoom room = DeviceRoom.Find(info.Name, types);
            if (room.FreeBytes is { } free)
            {
                _rooms.Add(new Room($"{info.Name} ({info.Description})", free, room.UnsupportedTypes));
            }
        }

        if (measures)
        {
            Roofline roofline = Roofline.Measure(types, cancellationToken);
            _readBytes = roofline.ReadBytesPerSecond.Max();
            _decode = [.. _lengths.Select(length => _readBytes / (model.StepSizeBytes + model.KvBytes(_kvTypes[0], _kvTypes[0], length)))];
            _prompt = 1 / model.StepTypes.Sum(type => type.Elements / roofline.MultiplyAddsPerSecond[type.Type]);
        }
    }

    public void WriteText(TextWriter output)
    {
        output.WriteLine($"name          {VisibleText.OneLine(_model.Name)}");
        output.WriteLine($"architecture  {VisibleText.OneLine(_model.Architecture)}{Shape()}");
        output.WriteLine($"parameters    {Count(_model.ParameterCount)}{(_model.Experts > 0 ? $", {Count(_model.StepParameterCount)} for each token" : "")}");
        output.WriteLine(
            $"weights       {_model.Quantization}, {Bytes(_model.SizeBytes)}: "
            + string.Join(", ", _model.Types.Select(type => $"{type.Type} {Share(type.SizeBytes)} in {type.Tensors} tensors")));
        if (_model.Refusal is { } refusal)
        {
            output.WriteLine($"cannot be run {VisibleText.OneLine(refusal)}");
            return;
        }

        output.WriteLine(string.Create(CultureInfo.InvariantCulture, $"context       {_model.ContextLength:N0} tokens, vocabulary {_model.VocabularySize:N0}"));
        output.WriteLine();
        TextTable memory = new(["memory with keys and values as", .. _lengths.Select(length => string.Create(CultureInfo.InvariantCulture, $"{length:N0} tokens"))]);
        foreach (TensorType type in _kvTypes)
        {
            memory.Add([type.ToString().ToLowerInvariant(), .. _lengths.Select(length => Bytes(_model.MemoryBytes(type, type, length)))]);
        }

        output.Write(memory);
        output.WriteLine();
        foreach (Room room in _rooms)
        {
            output.WriteLine($"{room.Name}: {VisibleText.OneLine(Verdict(room))}");
        }

        if (_decode is not null)
        {
            output.WriteLine(string.Create(
                CultureInfo.InvariantCulture,
                $"at most here: {string.Join(", ", _decode.Select((speed, i) => $"{speed:F1} tokens a second at {_lengths[i]:N0}"))}; prompts {_prompt:F0} tokens a second"));
            output.WriteLine(string.Create(
                CultureInfo.InvariantCulture,
                $"              (a token reads {Bytes(_model.StepSizeBytes)} of weights; memory delivers {_readBytes / 1e9:F1} GB/s; --no-speed leaves this out)"));
        }
    }

    public void WriteJson(Utf8JsonWriter json)
    {
        json.WriteStartObject("summary");
        json.WriteString("name", _model.Name);
        json.WriteString("architecture", _model.Architecture);
        json.WriteString("refusal", _model.Refusal);
        json.WriteString("quantization", _model.Quantization);
        json.WriteNumber("parameters", _model.ParameterCount);
        json.WriteNumber("step_parameters", _model.StepParameterCount);
        json.WriteNumber("size_bytes", _model.SizeBytes);
        json.WriteNumber("step_bytes", _model.StepSizeBytes);
        json.WriteNumber("context_length", _model.ContextLength);
        json.WriteNumber("layers", _model.Layers);
        json.WriteNumber("hidden_size", _model.HiddenSize);
        json.WriteNumber("query_heads", _model.QueryHeads);
        json.WriteNumber("kv_heads", _model.KvHeads);
        json.WriteNumber("head_dimension", _model.HeadDimension);
        json.WriteNumber("vocabulary_size", _model.VocabularySize);
        json.WriteNumber("experts", _model.Experts);
        json.WriteNumber("experts_used", _model.ExpertsUsed);
        json.WriteStartArray("types");
        foreach (TensorTypeSummary type in _model.Types)
        {
            json.WriteStartObject();
            json.WriteString("type", type.Type.ToString());
            json.WriteNumber("tensors", type.Tensors);
            json.WriteNumber("elements", type.Elements);
            json.WriteNumber("size_bytes", type.SizeBytes);
            json.WriteEndObject();
        }

        json.WriteEndArray();
        json.WriteStartArray("memory");
        foreach (TensorType type in _kvTypes)
        {
            foreach (int length in _lengths)
            {
                json.WriteStartObject();
                json.WriteString("kv_type", type.ToString().ToLowerInvariant());
                json.WriteNumber("tokens", length);
                json.WriteNumber("kv_bytes", _model.KvBytes(type, type, length));
                json.WriteNumber("bytes", _model.MemoryBytes(type, type, length));
                json.WriteEndObject();
            }
        }

        json.WriteEndArray();
        json.WriteStartArray("devices");
        foreach (Room room in _rooms)
        {
            json.WriteStartObject();
            json.WriteString("device", room.Name);
            json.WriteNumber("free_bytes", room.FreeBytes);
            json.WriteNumber("tokens", LongestOn(room));
            json.WriteStartArray("unsupported_types");
            foreach (TensorType type in room.Unsupported)
            {
                json.WriteStringValue(type.ToString());
            }

            json.WriteEndArray();
            json.WriteEndObject();
        }

        json.WriteEndArray();
        if (_decode is not null)
        {
            json.WriteNumber("read_bytes_per_second", _readBytes);
            json.WriteNumber("prompt_tps_bound", _prompt);
            json.WriteStartArray("decode_tps_bound");
            for (int i = 0; i < _decode.Length; i++)
            {
                json.WriteStartObject();
                json.WriteNumber("tokens", _lengths[i]);
                json.WriteNumber("tps", _decode[i]);
                json.WriteEndObject();
            }

            json.WriteEndArray();
        }

        json.WriteEndObject();
    }

    private string Shape() => _model.Refusal is not null
        ? ""
        : $": {_model.Layers} layers of {_model.HiddenSize}"
            + (_model.QueryHeads > 0 ? $", {_model.QueryHeads} query heads and {_model.KvHeads} of keys and values of {_model.HeadDimension}" : " without attention")
            + (_model.Experts > 0 ? $", {_model.ExpertsUsed} of {_model.Experts} experts" : "");

    private string Verdict(Room room)
    {
        if (room.Unsupported.Count > 0)
        {
            return $"no, it does not multiply with {string.Join(", ", room.Unsupported)}";
        }

        int longest = LongestOn(room);
        return longest == 0 ? $"does not fit into {Bytes(room.FreeBytes)} as a whole"
            : longest == _lengths[^1] ? $"fits into {Bytes(room.FreeBytes)} at any length"
            : string.Create(CultureInfo.InvariantCulture, $"fits into {Bytes(room.FreeBytes)} up to {longest:N0} tokens");
    }

    /// <summary>The longest of the lengths whose memory a device has, with keys and values in the first of the types; 0 for none.</summary>
    private int LongestOn(Room room) => room.Unsupported.Count > 0
        ? 0
        : _lengths.LastOrDefault(length => _model.MemoryBytes(_kvTypes[0], _kvTypes[0], length) <= room.FreeBytes);

    private string Share(long bytes) => string.Create(CultureInfo.InvariantCulture, $"{100.0 * bytes / Math.Max(_model.SizeBytes, 1):F1} %");

    private static string Count(long count) => string.Create(
        CultureInfo.InvariantCulture, $"{(count >= 1_000_000_000 ? count / 1e9 : count / 1e6):F2} {(count >= 1_000_000_000 ? "billion" : "million")}");

    private static string Bytes(long bytes) => string.Create(
        CultureInfo.InvariantCulture, $"{(bytes >= 1L << 30 ? bytes / (double)(1L << 30) : bytes / (double)(1L << 20)):F2} {(bytes >= 1L << 30 ? "GiB" : "MiB")}");

    /// <summary>What a device has room for.</summary>
    private sealed record Room(string Name, long FreeBytes, IReadOnlyList<TensorType> Unsupported);
}
