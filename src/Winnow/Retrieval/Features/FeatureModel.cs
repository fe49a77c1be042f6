using System.Globalization;
using System.Runtime.InteropServices;
using System.Security.Cryptography;
using System.Text.Json.Nodes;
using Winnow.Calibration;
using Winnow.Formats;
using Winnow.Models;
using Winnow.Tensors;

namespace Winnow.Retrieval.Features;

/// <summary>The autoencoders of a model, as <c>winnow calibrate --methods s3</c> leaves them in the calibration file.</summary>
/// <param name="Autoencoders">In ascending order of layers.</param>
/// <param name="Hash">Tells calibrations apart: features of different ones have nothing in common.</param>
internal sealed record FeatureModel(IReadOnlyList<KeyAutoencoder> Autoencoders, string Hash)
{
    /// <summary>The section's name.</summary>
    public const string Method = "s3";

    private const int MaxLatents = 1 << 20;

    /// <summary>Creates a model; its hash is that of the encoders.</summary>
    public static FeatureModel Create(IReadOnlyList<KeyAutoencoder> autoencoders)
    {
        KeyAutoencoder[] ordered = [.. autoencoders.OrderBy(item => item.Projection.Layer).ThenBy(item => item.Projection.Head)];
        using IncrementalHash hash = IncrementalHash.CreateHash(HashAlgorithmName.SHA256);
        foreach (KeyAutoencoder item in ordered)
        {
            hash.AppendData(MemoryMarshal.AsBytes<int>([item.Projection.Layer, item.Projection.Head, item.Active]));
            hash.AppendData(MemoryMarshal.AsBytes(item.Encoder.AsSpan()));
            hash.AppendData(MemoryMarshal.AsBytes(item.Bias.AsSpan()));
            hash.AppendData(MemoryMarshal.AsBytes(item.Keys.Mean.AsSpan()));
        }

        return new FeatureModel(ordered, Convert.ToHexStringLower(hash.GetHashAndReset()[..16]));
    }

    /// <summary>Reads the autoencoders of a model; null where it was not calibrated for this method, or not to the end.</summary>
    /// <exception cref="WinnowException">The section does not fit the model.</exception>
    public static FeatureModel? Find(ModelCalibration calibration, ModelInfo model)
    {
        if (calibration.Find(Method) is not { } section || section.Settings["complete"] is not JsonValue value || !value.TryGetValue(out bool isComplete) || !isComplete)
        {
            return null;
        }

        int active = section.Integers("active") is [int first, ..]
            ? first
            : throw new WinnowException($"the section '{Method}' of the calibration lacks 'active'; calibrate again");
        IReadOnlyList<int> layers = section.Integers("layers") ?? [];
        IReadOnlyList<int> heads = section.Integers("heads") ?? [];
        if (layers.Count == 0 || layers.Count != heads.Count)
        {
            throw new WinnowException($"the section '{Method}' of the calibration must name a head for each layer; calibrate again");
        }

        // Each has buffers of its own: a small file that names one many times would take gigabytes.
        if (layers.Zip(heads).Distinct().Count() != layers.Count)
        {
            throw new WinnowException($"the section '{Method}' of the calibration names a head twice; calibrate again");
        }

        return Create([.. layers.Select((layer, i) => Read(section, new KeyProjection(layer, heads[i]), active, model))]);
    }

    /// <summary>Reads one autoencoder.</summary>
    public static KeyAutoencoder Read(CalibrationSection section, KeyProjection projection, int active, ModelInfo model)
    {
        if (projection.Layer < 0 || projection.Layer >= model.Layers || projection.Head < KeyProjection.AllHeads || projection.Head >= model.KvHeads)
        {
            throw new WinnowException($"the section '{Method}' of the calibration names the head {projection}, which {model.Name} does not have");
        }

        int width = model.HeadDimension;
        string prefix = Prefix(projection);
        long latents = section.Tensors.TryGetValue($"{prefix}.encoder", out TensorEntry? found) && found.Shape.Count == 2 ? found.Shape[0] : 0;
        if (latents > MaxLatents || active < 1 || active > Math.Max(latents, 1))
        {
            throw new WinnowException($"the section '{Method}' of the calibration has {latents} features of which {active} are active; calibrate again");
        }

        TensorEntry encoder = section.Tensor($"{prefix}.encoder", latents, width);
        if (encoder.Type != TensorType.F16)
        {
            throw new WinnowException($"the tensor '{Method}.{prefix}.encoder' is {encoder.Type}, but must be F16; calibrate again");
        }

        return new KeyAutoencoder
        {
            Projection = projection,
            Width = width,
            Latents = (int)latents,
            Active = active,
            Encoder = MemoryMarshal.Cast<byte, Half>(encoder.Bytes(0, checked((int)encoder.SizeBytes))).ToArray(),
            Bias = section.Tensor($"{prefix}.bias", latents).ToSingles(),
            Keys = ReadScale(section, $"{prefix}.keys", width),
            Queries = ReadScale(section, $"{prefix}.queries", width),
        };
    }

    /// <summary>Reads one autoencoder out of a section that is still being made.</summary>
    /// <returns>Null where it is not there, or is not what <see cref="Write"/> wrote.</returns>
    public static KeyAutoencoder? Read(CalibrationSectionDraft draft, KeyProjection projection, int latents, int active, int width)
    {
        string prefix = Prefix(projection);
        byte[]? encoder = Bytes("encoder", sizeof(float) / 2 * latents * width);
        byte[]? bias = Bytes("bias", sizeof(float) * latents);
        byte[]? keys = Bytes("keys", sizeof(float) * (width + 1));
        byte[]? queries = Bytes("queries", sizeof(float) * (width + 1));
        return encoder is null || bias is null || keys is null || queries is null ? null : new KeyAutoencoder
        {
            Projection = projection,
            Width = width,
            Latents = latents,
            Active = active,
            Encoder = MemoryMarshal.Cast<byte, Half>(encoder).ToArray(),
            Bias = MemoryMarshal.Cast<byte, float>(bias).ToArray(),
            Keys = Scale(keys),
            Queries = Scale(queries),
        };

        byte[]? Bytes(string name, int length) =>
            draft.Tensors.TryGetValue($"{prefix}.{name}", out (TensorType Type, long[] Shape, byte[] Bytes) tensor) && tensor.Bytes.Length == length ? tensor.Bytes : null;

        FeatureScale Scale(byte[] bytes) => new(MemoryMarshal.Cast<byte, float>(bytes)[..width].ToArray(), MemoryMarshal.Cast<byte, float>(bytes)[width]);
    }

    /// <summary>Writes one autoencoder into a section.</summary>
    public static void Write(CalibrationSectionDraft section, KeyAutoencoder autoencoder)
    {
        string prefix = Prefix(autoencoder.Projection);
        section.Set($"{prefix}.encoder", autoencoder.Encoder.AsSpan(), autoencoder.Latents, autoencoder.Width);
        section.Set($"{prefix}.bias", autoencoder.Bias.AsSpan(), autoencoder.Latents);
        WriteScale(section, $"{prefix}.keys", autoencoder.Keys);
        WriteScale(section, $"{prefix}.queries", autoencoder.Queries);
    }

    private static string Prefix(KeyProjection projection) => projection.Head == KeyProjection.AllHeads
        ? string.Create(CultureInfo.InvariantCulture, $"{projection.Layer}.all")
        : string.Create(CultureInfo.InvariantCulture, $"{projection.Layer}.{projection.Head}");

    /// <summary>The mean, and the factor behind it.</summary>
    private static FeatureScale ReadScale(CalibrationSection section, string name, int width)
    {
        float[] values = section.Tensor(name, width + 1).ToSingles();
        return new FeatureScale(values[..width], values[width]);
    }

    private static void WriteScale(CalibrationSectionDraft section, string name, FeatureScale scale) =>
        section.Set(name, [.. scale.Mean, scale.Factor], scale.Mean.Length + 1);
}
