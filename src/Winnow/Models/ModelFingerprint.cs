using System.Globalization;
using System.Security.Cryptography;
using System.Text;
using Winnow.Formats;

namespace Winnow.Models;

/// <summary>Tells models apart in milliseconds: reading gigabytes of weights for a hash would take longer than loading them.</summary>
internal static class ModelFingerprint
{
    /// <summary>Bytes read from the beginning, the middle and the end of each tensor.</summary>
    private const int SampleBytes = 64;

    /// <summary>32 hexadecimal digits.</summary>
    /// <param name="file">The tensors.</param>
    /// <param name="config">What else decides over the numbers that come out.</param>
    public static string Compute(ITensorFile file, ModelConfig config)
    {
        using IncrementalHash hash = IncrementalHash.CreateHash(HashAlgorithmName.SHA256);
        Append(hash, Describe(config));
        foreach (TensorEntry tensor in file.Tensors.Values.OrderBy(tensor => tensor.Name, StringComparer.Ordinal))
        {
            Append(hash, $"{tensor.Name} {tensor.Type} {string.Join('x', tensor.Shape)}\n");
            int length = (int)Math.Min(SampleBytes, tensor.SizeBytes);
            foreach (long offset in (ReadOnlySpan<long>)[0, (tensor.SizeBytes - length) / 2, tensor.SizeBytes - length])
            {
                hash.AppendData(tensor.Bytes(offset, length));
            }
        }

        return Convert.ToHexStringLower(hash.GetHashAndReset()[..16]);
    }

    private static string Describe(ModelConfig config)
    {
        StringBuilder text = new();
        text.Append(CultureInfo.InvariantCulture, $"{config.Architecture.HuggingFaceName} {config.QueryHeads} {config.KvHeads} {config.HeadDimension} ");
        text.Append(CultureInfo.InvariantCulture, $"{config.NormEpsilon:R} {config.AttentionScale:R} {config.AttentionSoftCap:R} {config.LogitSoftCap:R} ");
        text.Append(CultureInfo.InvariantCulture, $"{config.EmbeddingScale:R} {config.ResidualScale:R} {config.LogitScale:R} {config.Activation} ");
        text.Append(CultureInfo.InvariantCulture, $"{config.Experts} {config.IsParallel} {config.RopeIsInterleaved}\n");
        foreach (LayerConfig layer in config.Layers)
        {
            text.Append(CultureInfo.InvariantCulture, $"{layer.Window} {layer.Rope?.Base:R} {layer.Rope?.Dimension} {layer.Rope?.Scaling?.GetType().Name}\n");
        }

        return text.ToString();
    }

    private static void Append(IncrementalHash hash, string text) => hash.AppendData(Encoding.UTF8.GetBytes(text));
}
