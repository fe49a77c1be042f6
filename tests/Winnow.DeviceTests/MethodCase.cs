using System.Globalization;
using System.Text.Json;

namespace Winnow.DeviceTests;

/// <summary>A case of the float64 references: a method, a prompt, forced tokens, the logits and rows that follow.</summary>
internal sealed record MethodCase(
    string Name, string Model, string File, string Specification, bool MaySwapRows, int[] PromptIds, int[] ForcedIds, IReadOnlyList<MethodCase.Sample> Samples)
{
    /// <summary>Those of the repository, on a generated model.</summary>
    public static IReadOnlyList<MethodCase> ReadGenerated() => Read(Path.Combine(AppContext.BaseDirectory, "References", "methods"), GeneratedModel.Folder);

    /// <summary>Those of the shared reference data, on trained models; none where they are absent.</summary>
    public static IReadOnlyList<MethodCase> ReadShared() =>
        SharedData.Find("methods") is { } directory ? Read(directory, model => SharedData.Path($"models/{model}")) : [];

    private static List<MethodCase> Read(string directory, Func<string, string> modelPath)
    {
        using JsonDocument document = JsonDocument.Parse(System.IO.File.ReadAllBytes(Path.Combine(directory, "cases.json")));
        List<MethodCase> cases = [];
        foreach (JsonElement element in document.RootElement.GetProperty("cases").EnumerateArray())
        {
            string file = Path.Combine(directory, element.GetProperty("file").GetString()!);
            string prefill = Specify(element.GetProperty("prefill"), file);
            string decode = Specify(element.GetProperty("decode"), file);
            cases.Add(new MethodCase(
                element.GetProperty("name").GetString()!,
                modelPath(element.GetProperty("model").GetString()!),
                file,
                $"{prefill}+{decode}",
                element.TryGetProperty("float32_angles", out JsonElement angles) && !angles.GetProperty("same_selection").GetBoolean(),
                Ids(element.GetProperty("prompt_ids")),
                Ids(element.GetProperty("forced_ids")),
                [.. element.GetProperty("samples").EnumerateArray().Where(sample => sample.GetProperty("phase").GetString() == "decode").Select(ReadSample)]));
        }

        return cases;
    }

    /// <summary>The specification of a method.</summary>
    private static string Specify(JsonElement method, string file) => method.GetProperty("method").GetString() switch
    {
        "full" => "full",
        "recycled" => $"recycled:k={Text(method, "k")},pool={Text(method, "pool")},"
            + (method.TryGetProperty("stride", out _) ? $"stride={Text(method, "stride")}" : $"check={Text(method, "check")},threshold={Text(method, "threshold")}"),
        "delta" => $"delta:page={Text(method, "page")},pages={Text(method, "pages")},recent={Text(method, "recent")},warmup={Text(method, "warmup")},select={List(method, "delta_layers")}",
        "token-sparse" => $"token-sparse:tau={Text(method, "tau")},window={Text(method, "w")},pool={Text(method, "kappa")},min={Text(method, "m0")},layers={List(method, "sparse_layers")}",
        "a2ats" => $"a2ats:rho={Text(method, "rho")},window={Text(method, "w")},far={Text(method, "b")},sink={Text(method, "sink")},centroids={Text(method, "centroids")},codebook={file}",
        var other => throw new NotSupportedException(other),
    };

    private static string Text(JsonElement method, string key) => method.GetProperty(key).GetDouble().ToString(CultureInfo.InvariantCulture);

    private static string List(JsonElement method, string key) => string.Join('/', Ids(method.GetProperty(key)));

    private static int[] Ids(JsonElement array) => [.. array.EnumerateArray().Select(id => id.GetInt32())];

    private static Sample ReadSample(JsonElement sample) => new(
        sample.GetProperty("step").GetInt32(),
        sample.GetProperty("layer").GetInt32(),
        sample.GetProperty("kv_head") is { ValueKind: JsonValueKind.Number } head ? head.GetInt32() : 0,
        Ids(sample.GetProperty("rows")));

    /// <summary>The rows that one head of one layer attends to in one step.</summary>
    public sealed record Sample(int Step, int Layer, int KvHead, int[] Rows);
}
