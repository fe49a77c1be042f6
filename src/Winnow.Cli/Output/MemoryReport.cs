using System.Globalization;
using System.Text.Json;
using Winnow.Compute;
using Winnow.Generation;

namespace Winnow.Cli.Output;

/// <summary>Which device holds how much of a model and a session.</summary>
internal static class MemoryReport
{
    /// <summary>For people, a line for each device.</summary>
    public static string Line(Session session) => string.Concat(session.Diagnostics.Memory.Select(memory =>
        $"\n{memory.Name}: {Mebibytes(memory.WeightBytes)} of weights, {Mebibytes(memory.KvBytes)} of keys and values, {Mebibytes(memory.ScratchBytes)} of scratch"
        + (memory.DeviceBytes == 0 ? "" : $"; {Mebibytes(memory.DeviceBytes)} in use in all")))
        + $"\nprocess: {Mebibytes(Environment.WorkingSet)} resident, {Mebibytes(PeakMemory.Bytes())} at most";

    /// <summary>For programs: all devices together, then each.</summary>
    public static void Write(Utf8JsonWriter json, Session session)
    {
        IReadOnlyList<DeviceLayers> devices = session.Diagnostics.Memory;
        json.WriteString("device", string.Join('+', devices.Select(memory => memory.Name)));
        json.WriteNumber("device_bytes", devices.Sum(memory => memory.DeviceBytes));
        json.WriteNumber("host_bytes", Environment.WorkingSet);
        json.WriteStartArray("devices");
        foreach (DeviceLayers memory in devices)
        {
            json.WriteStartObject();
            json.WriteString("device", memory.Name);
            json.WriteString("description", memory.Description);
            json.WriteNumber("layers", memory.Count);
            json.WriteNumber("weights_bytes", memory.WeightBytes);
            json.WriteNumber("kv_bytes", memory.KvBytes);
            json.WriteNumber("scratch_bytes", memory.ScratchBytes);
            json.WriteNumber("device_bytes", memory.DeviceBytes);
            json.WriteEndObject();
        }

        json.WriteEndArray();
    }

    private static string Mebibytes(long bytes) => string.Create(CultureInfo.InvariantCulture, $"{bytes / 1048576.0:F1} MiB");
}
