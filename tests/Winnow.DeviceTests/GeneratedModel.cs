using System.Collections.Concurrent;
using System.Globalization;
using System.Runtime.InteropServices;
using System.Text;
using System.Text.Json;
using System.Text.Json.Nodes;
using System.Text.RegularExpressions;

namespace Winnow.DeviceTests;

/// <summary>
/// Tiny models of which the repository holds configuration and goldens, and no weights: they are made when a test asks. Each is a file of
/// <c>tests/References/models</c>, written by <c>models.py</c> beside it.
/// </summary>
internal static partial class GeneratedModel
{
    private static readonly string Descriptions = Path.Combine(AppContext.BaseDirectory, "References", "models");
    private static readonly Lazy<string> Root = new(CreateRoot);
    private static readonly ConcurrentDictionary<string, Lazy<string>> Folders = new(StringComparer.Ordinal);

    /// <summary>The folder of a model as transformers would save it, beside <c>golden.json</c>; it goes when the process ends.</summary>
    public static string Folder(string name) =>
        Folders.GetOrAdd(name, one => new Lazy<string>(() => Write(one, Directory.CreateDirectory(Path.Combine(Root.Value, one)).FullName))).Value;

    /// <summary>All models.</summary>
    public static string[] Names =>
        [.. Directory.GetFiles(Descriptions, "*.json").Select(file => Path.GetFileNameWithoutExtension(file)).Order(StringComparer.Ordinal)];

    /// <summary>Writes a model into a folder; returns the folder.</summary>
    public static string Write(string name, string folder)
    {
        using JsonDocument description = JsonDocument.Parse(File.ReadAllBytes(Description(name)));
        File.WriteAllText(Path.Combine(folder, "config.json"), description.RootElement.GetProperty("config").GetRawText());
        File.Copy(Description(name), Path.Combine(folder, "golden.json"));
        Tensor[] tensors = [.. description.RootElement.GetProperty("tensors").EnumerateObject().SelectMany(Tensors)];
        JsonObject header = [];
        long offset = 0;
        foreach (Tensor tensor in tensors)
        {
            long end = offset + (tensor.Length * sizeof(float));
            header[tensor.Name] = new JsonObject
            {
                ["dtype"] = "F32",
                ["shape"] = new JsonArray([.. tensor.Shape.Select(extent => (JsonNode)extent)]),
                ["data_offsets"] = new JsonArray(offset, end),
            };
            offset = end;
        }

        // By hand, for tests that see no internals. Spaces behind the header align what follows.
        string text = header.ToJsonString();
        using BinaryWriter writer = new(File.Create(Path.Combine(folder, "model.safetensors")));
        byte[] bytes = Encoding.UTF8.GetBytes(text.PadRight((text.Length + 7) / 8 * 8));
        writer.Write((long)bytes.Length);
        writer.Write(bytes);
        foreach (Tensor tensor in tensors)
        {
            float[] values = new float[tensor.Length];
            GeneratedWeights.Fill(values, name, tensor.Name, tensor.Mean, tensor.Spread);
            writer.Write(MemoryMarshal.AsBytes(values.AsSpan()));
        }

        return folder;
    }

    /// <summary>A name with a range in braces stands for a tensor of each number.</summary>
    private static IEnumerable<Tensor> Tensors(JsonProperty entry)
    {
        long[] shape = [.. entry.Value[0].EnumerateArray().Select(extent => extent.GetInt64())];
        double mean = entry.Value[1].GetDouble();
        double spread = entry.Value[2].GetDouble();
        return Unfold(entry.Name).Select(name => new Tensor(name, shape, mean, spread));
    }

    private static IEnumerable<string> Unfold(string name)
    {
        if (Range().Match(name) is not { Success: true } match)
        {
            return [name];
        }

        int first = int.Parse(match.Groups[1].Value, CultureInfo.InvariantCulture);
        int last = int.Parse(match.Groups[2].Value, CultureInfo.InvariantCulture);
        return Enumerable.Range(first, last - first + 1).SelectMany(
            i => Unfold(string.Create(CultureInfo.InvariantCulture, $"{name[..match.Index]}{i}{name[(match.Index + match.Length)..]}")));
    }

    private static string Description(string name) => Path.Combine(Descriptions, $"{name}.json");

    private static string CreateRoot()
    {
        string root = Directory.CreateTempSubdirectory("winnow-models-").FullName;
        AppDomain.CurrentDomain.ProcessExit += (_, _) => Directory.Delete(root, recursive: true);
        return root;
    }

    [GeneratedRegex(@"\{(\d+)-(\d+)\}", RegexOptions.CultureInvariant)]
    private static partial Regex Range();

    private sealed record Tensor(string Name, long[] Shape, double Mean, double Spread)
    {
        public long Length => Shape.Aggregate(1L, (product, extent) => product * extent);
    }
}
