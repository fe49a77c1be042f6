using System.Globalization;
using System.Security.Cryptography;
using System.Text;
using Winnow.Compute;
using Winnow.Formats;
using Winnow.Models.Config;

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

    /// <summary>Written number by number: the texts of records depend on the language of the system.</summary>
    private static string Describe(ModelConfig c)
    {
        CultureInfo culture = CultureInfo.InvariantCulture;
        StringBuilder text = new();
        text.Append(culture, $"{c.Architecture.HuggingFaceName} {c.QueryHeads} {c.KvHeads} {c.HeadDimension} {c.Activation} {c.NormEpsilon:R} ");
        text.Append(culture, $"{c.AttentionScale:R} {c.AttentionSoftCap:R} {c.LogitSoftCap:R} {c.EmbeddingScale:R} {c.ResidualScale:R} ");
        text.Append(culture, $"{c.LogitScale:R} {c.IsParallel} {c.RopeIsInterleaved} {c.Experts?.Router.Used} {c.Experts?.Router.NormalizesWeights}\n");
        if (c is not { AttentionOutputScale: 1, RecurrentOutputScale: 1, GateScale: 1, FeedForwardScale: 1 })
        {
            text.Append(culture, $"{c.AttentionOutputScale:R} {c.RecurrentOutputScale:R} {c.GateScale:R} {c.FeedForwardScale:R}\n");
        }

        if (c is not { QueryKeyValueLimit: 0, ValueScale: 1, AlibiBias: 0, FirstPosition: 0 })
        {
            text.Append(culture, $"{c.QueryKeyValueLimit:R} {c.ValueScale:R} {c.AlibiBias:R} {c.FirstPosition}\n");
        }

        if (c.Experts?.Router is { } router && router != new ExpertRouter(router.Used, router.NormalizesWeights))
        {
            text.Append(culture, $"{router.Scoring} {router.Reach:R} {router.Scale:R} {router.Groups} {router.GroupsUsed} {router.GroupsSumTwo} {router.ScalesInput}\n");
        }

        foreach (LayerConfig layer in c.Layers)
        {
            text.Append(culture, $"{layer.Window}");
            if (layer is not { Chunk: 0, KvHeads: null, HeadDimension: null, ValueDimension: null, SharedKvLayer: null, ValuesAreKeys: false, Temperature: null })
            {
                text.Append(culture, $" {layer.Chunk} {layer.KvHeads} {layer.HeadDimension} {layer.ValueDimension} {layer.SharedKvLayer} {layer.ValuesAreKeys}");
                text.Append(culture, $" {layer.Temperature?.Scale:R} {layer.Temperature?.Length} {layer.Temperature?.Offset}");
            }

            if (layer.Recurrent is { } recurrent)
            {
                text.Append(culture, $" {recurrent.Name} {string.Join(' ', recurrent.Numbers.Select(number => number.ToString("R", culture)))}");
            }

            if (layer.Rope is { } rope)
            {
                RopeFrequencies frequencies = rope.CreateFrequencies(c.RopeIsInterleaved, c.ContextLength);
                text.Append(culture, $" {frequencies.Magnitude:R}");
                foreach (float frequency in frequencies.InverseFrequencies)
                {
                    text.Append(culture, $" {frequency:R}");
                }
            }

            text.Append('\n');
        }

        return text.ToString();
    }

    private static void Append(IncrementalHash hash, string text) => hash.AppendData(Encoding.UTF8.GetBytes(text));
}
