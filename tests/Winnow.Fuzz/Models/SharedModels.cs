using System.Text.Json;
using System.Text.Json.Nodes;
using Winnow.Lab.Conversion;
using Winnow.Models.Config;

namespace Winnow.Fuzz.Models;

/// <summary>
/// Small models of many architectures in Hugging Face's form, where <c>WINNOW_SHARED</c> names the folder of reference data: their
/// configurations are changed, and what is still a model is computed with their weights.
/// </summary>
internal static class SharedModels
{
    /// <summary>The member of a configuration that says whose it is; readers do not know it.</summary>
    private const string Source = "weights_of";

    private static readonly string? Root = Environment.GetEnvironmentVariable("WINNOW_SHARED") is { Length: > 0 } shared
        && Path.Combine(shared, "models", "tiny") is var tiny && Directory.Exists(tiny) ? tiny : null;

    /// <summary>The configurations of the decoders that are supported; none without the data.</summary>
    public static IEnumerable<string> Configs => Folders.Where(IsDecoder).Select(folder =>
    {
        JsonNode config = JsonNode.Parse(File.ReadAllText(Path.Combine(folder, "config.json")))!;
        config[Source] = Path.GetFileName(folder);
        return config.ToJsonString();
    });

    /// <summary>The folders of some models; none without the data.</summary>
    public static IEnumerable<string> Named(params string[] names) => Root is null ? [] : names.Select(name => Path.Combine(Root, name));

    private static bool IsDecoder(string folder)
    {
        try
        {
            HuggingFaceConfigReader.Read(Path.Combine(folder, "config.json"));
            return true;
        }
        catch (WinnowException)
        {
            return false;
        }
    }

    private static IEnumerable<string> Folders => Root is null
        ? []
        : Directory.GetDirectories(Root).Order(StringComparer.Ordinal)
            .Where(folder => File.Exists(Path.Combine(folder, "config.json")) && File.Exists(Path.Combine(folder, "model.safetensors")));

    /// <summary>The models as GGUF files, those that can be converted.</summary>
    /// <param name="path">Where each is made for a moment.</param>
    public static IEnumerable<byte[]> Gguf(string path)
    {
        foreach (string folder in Folders)
        {
            try
            {
                HuggingFaceConverter.Convert(folder, path);
            }
            catch (WinnowException)
            {
                // An architecture that is refused by name.
                continue;
            }

            byte[] bytes = File.ReadAllBytes(path);
            File.Delete(path);
            yield return bytes;
        }
    }

    /// <summary>The weights that a changed configuration was made for; null if it does not say.</summary>
    /// <param name="config">The configuration's file, known to be an object.</param>
    public static string? WeightsOf(string config)
    {
        using JsonDocument document = JsonDocument.Parse(File.ReadAllBytes(config));
        string? name = document.RootElement.TryGetProperty(Source, out JsonElement source) && source.ValueKind == JsonValueKind.String ? source.GetRawText().Trim('"') : null;
        return Root is not null && name is not null && Path.Combine(Root, Path.GetFileName(name), "model.safetensors") is var path && File.Exists(path) ? path : null;
    }
}
