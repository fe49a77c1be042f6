using System.Globalization;
using Winnow.Formats;
using Winnow.Models.Architectures;
using Winnow.Models.Weights;

namespace Winnow.Models.Config;

/// <summary>The keys of one architecture in the metadata of a GGUF file. Numbers may be written once, or once for each layer.</summary>
/// <param name="file">The file, which errors name.</param>
/// <param name="architecture">Whose keys they are.</param>
internal sealed class GgufKeys(GgufFile file, Architecture architecture)
{
    /// <summary>The file that errors name.</summary>
    public string Path => file.Path;

    /// <summary>The tensors of the file.</summary>
    public IReadOnlyDictionary<string, TensorEntry> Tensors => file.Tensors;

    private GgufMetadata Metadata => file.Metadata;

    /// <summary>The whole of a key.</summary>
    public string Key(string key) => $"{architecture.GgufName}.{key}";

    /// <summary>An integer.</summary>
    public int Int32(string key) => Int32OrNull(key) ?? Metadata.GetInt32(Key(key));

    /// <summary>An integer that is the same for all layers, or null.</summary>
    public int? Int32OrNull(string key) => IsListOfLayers(key, out double number)
        ? number == (int)number ? (int)number : throw new ModelFormatException(file.Path, $"metadata key '{Key(key)}' is {number}, but must be a 32-bit integer")
        : Metadata.GetInt32OrNull(Key(key));

    /// <summary>A number, or null.</summary>
    public float? SingleOrNull(string key) => IsListOfLayers(key, out double number) ? (float)number : Metadata.GetSingleOrNull(Key(key));

    /// <summary>A truth value, or null.</summary>
    public bool? BoolOrNull(string key) => Metadata.GetBoolOrNull(Key(key));

    /// <summary>A text, or null.</summary>
    public string? StringOrNull(string key) => Metadata.GetStringOrNull(Key(key));

    /// <summary>Truth values, one for each layer, or null where there is no such list.</summary>
    public bool[]? BoolsOrNull(string key, int layers) =>
        !Metadata.TryGet(Key(key), out object? value) || value is not bool[] list ? null

            // Draft layers may have values too.
            : list.Length >= layers ? list[..layers] : throw WrongLength(key, list.Length, layers);

    /// <summary>Integers that are written once for each layer, or once for all.</summary>
    /// <exception cref="ModelFormatException">The key is missing, or has another number of values.</exception>
    public int[] Int32s(string key, int layers) => Int32sOrNull(key, layers) ?? [.. Enumerable.Repeat(Int32(key), layers)];

    /// <summary>Whether a layer has a weight.</summary>
    public bool HasTensor(TensorRole role) =>
        Enumerable.Range(0, Int32("block_count")).Any(layer => file.Tensors.ContainsKey(architecture.GgufTensors.Find(role, layer) + ".weight"));

    /// <summary>Integers, one for each layer, or null where there is no such list.</summary>
    /// <param name="key">The key.</param>
    /// <param name="layers">How many layers there are.</param>
    /// <param name="drafts">How many draft layers may have values too.</param>
    public int[]? Int32sOrNull(string key, int layers, int drafts = 0)
    {
        if (ListOrNull(key) is not { } list)
        {
            return null;
        }

        list = list.Length == layers + drafts ? list[..layers] : list;
        return list.Length != layers ? throw WrongLength(key, list.Length, layers)
            : Array.ConvertAll(list, number => number == (int)number
                ? (int)number
                : throw new ModelFormatException(file.Path, $"metadata key '{Key(key)}' has {number}, but must have 32-bit integers"));
    }

    /// <summary>Numbers, one for each layer, or null where there is no such list.</summary>
    public float[]? SinglesOrNull(string key, int layers) => ListOrNull(key) is not { } list ? null
        : list.Length != layers ? throw WrongLength(key, list.Length, layers)
        : Array.ConvertAll(list, number => (float)number);

    /// <summary>The refusal of a value.</summary>
    public ModelFormatException Wrong(string key, object value, string expected) =>
        new(file.Path, $"metadata key '{Key(key)}' is {value}, but must be {expected}");

    /// <summary>The refusal of a key that is not there.</summary>
    public ModelFormatException Missing(string key) => new(file.Path, $"metadata key '{Key(key)}' is missing");

    private ModelFormatException WrongLength(string key, int length, int layers) =>
        new(file.Path, $"metadata key '{Key(key)}' has {length} values, but there are {layers} layers");

    private double[]? ListOrNull(string key) =>
        Metadata.TryGet(Key(key), out object? value) && value is Array { Length: > 0 } list and not (bool[] or string[] or object[])
            ? [.. list.Cast<object>().Select(element => Convert.ToDouble(element, CultureInfo.InvariantCulture))]
            : null;

    /// <summary>Whether a number is written once for each layer instead of once for all.</summary>
    /// <exception cref="ModelFormatException">It is not the same for all layers.</exception>
    private bool IsListOfLayers(string key, out double number)
    {
        number = 0;
        if (ListOrNull(key) is not { } numbers)
        {
            return false;
        }

        if (architecture.GgufLayers is not null && Array.Exists(numbers, value => value != 0))
        {
            // Layers that lack the block have 0.
            numbers = Array.FindAll(numbers, value => value != 0);
        }

        number = numbers[0];
        double first = number;
        return Array.TrueForAll(numbers, other => other == first)
            ? true
            : throw new ModelFormatException(
                file.Path, $"metadata key '{Key(key)}' has different values for layers ({first} and {numbers.First(other => other != first)}): only equal ones are supported");
    }
}
