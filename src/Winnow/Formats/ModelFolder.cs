namespace Winnow.Formats;

/// <summary>A folder that is named as a model: one of Hugging Face's, or by mistake one that holds models.</summary>
internal static class ModelFolder
{
    private const string ConfigName = "config.json";
    private const int MaxNames = 5;

    /// <summary>The configuration of a folder.</summary>
    /// <exception cref="ModelFormatException">There is none; the message names what models the folder holds.</exception>
    public static string Config(string path)
    {
        string config = Path.Combine(path, ConfigName);
        return File.Exists(config) ? config : throw new ModelFormatException(path, $"is a folder without {ConfigName}; {Contents(path)}");
    }

    private static string Contents(string path)
    {
        string[] names;
        try
        {
            names = [.. Directory.EnumerateFiles(path, "*.gguf").Select(file => Path.GetFileName(file)).Order(StringComparer.Ordinal).Take(MaxNames + 1)];
        }
        catch (Exception e) when (e is IOException or UnauthorizedAccessException)
        {
            names = [];
        }

        return names.Length switch
        {
            0 => "a GGUF file, or a folder with config.json and safetensors files, is a model",
            1 => $"its model is {Path.Combine(path, names[0])}",
            _ => $"name one of its models: {string.Join(", ", names.Take(MaxNames))}{(names.Length > MaxNames ? ", …" : "")}",
        };
    }
}
