using System.Text.Json;
using Winnow.Formats;

namespace Winnow.Retrieval.Storage;

/// <summary>What an index consists of: the model it was made with, and the documents with the places of their blocks.</summary>
/// <param name="Fingerprint">The model.</param>
/// <param name="Model">Its name, for errors.</param>
/// <param name="Features">The autoencoders; null where the index holds words only.</param>
/// <param name="Documents">The documents in the order in which they were added.</param>
internal sealed record IndexManifest(string Fingerprint, string Model, IndexFeatures? Features, IReadOnlyList<ManifestDocument> Documents)
{
    private const int MaxNameLength = 4096;
    private const int MaxAutoencoders = 1024;

    /// <summary>The latents of each autoencoder.</summary>
    public IReadOnlyList<int> Latents => Features?.Latents ?? [];

    /// <summary>The JSON form.</summary>
    public byte[] ToJson()
    {
        using MemoryStream stream = new();
        using (Utf8JsonWriter json = new(stream))
        {
            json.WriteStartObject();
            json.WriteString("fingerprint", Fingerprint);
            json.WriteString("model", Model);
            if (Features is not null)
            {
                json.WriteStartObject("features");
                json.WriteString("hash", Features.Hash);
                json.WriteStartArray("latents");
                foreach (int latents in Features.Latents)
                {
                    json.WriteNumberValue(latents);
                }

                json.WriteEndArray();
                json.WriteEndObject();
            }

            json.WriteStartArray("documents");
            foreach (ManifestDocument document in Documents)
            {
                json.WriteStartObject();
                json.WriteString("name", document.Name);
                json.WriteStartArray("blocks");
                foreach (BlockPlace block in document.Blocks)
                {
                    json.WriteStartArray();
                    json.WriteNumberValue(block.Offset);
                    json.WriteNumberValue(block.Length);
                    json.WriteStringValue(block.Sha256);
                    json.WriteEndArray();
                }

                json.WriteEndArray();
                json.WriteEndObject();
            }

            json.WriteEndArray();
            json.WriteEndObject();
        }

        return stream.ToArray();
    }

    /// <summary>Reads the JSON form.</summary>
    /// <param name="path">The file, for errors.</param>
    /// <param name="json">The text.</param>
    /// <param name="end">Blocks must lie before this offset.</param>
    /// <exception cref="ModelFormatException">It is something else.</exception>
    public static IndexManifest Parse(string path, ReadOnlyMemory<byte> json, long end)
    {
        try
        {
            using JsonDocument document = JsonDocument.Parse(json);
            JsonElement root = document.RootElement;
            IndexFeatures? features = null;
            if (root.TryGetProperty("features", out JsonElement element))
            {
                int[] latents = [.. element.GetProperty("latents").EnumerateArray().Select(value => value.GetInt32())];
                Check(latents.Length is > 0 and <= MaxAutoencoders && latents.All(value => value > 0));
                features = new IndexFeatures(Text(element, "hash"), latents);
            }

            ManifestDocument[] documents = [.. root.GetProperty("documents").EnumerateArray().Select(item => ParseDocument(item, end))];
            Check(documents.Select(item => item.Name).Distinct(StringComparer.Ordinal).Count() == documents.Length);
            CheckOverlaps(documents);
            return new IndexManifest(Text(root, "fingerprint"), Text(root, "model"), features, documents);
        }
        catch (Exception e) when (e is JsonException or InvalidOperationException or KeyNotFoundException or FormatException)
        {
            throw new ModelFormatException(path, "is damaged: its list of documents cannot be read", e);
        }
    }

    /// <summary>Whether a text may name a document.</summary>
    public static bool IsName(string name) => name.Length is > 0 and <= MaxNameLength;

    private static ManifestDocument ParseDocument(JsonElement item, long end)
    {
        string name = Text(item, "name");
        BlockPlace[] blocks = [.. item.GetProperty("blocks").EnumerateArray().Select(ParseBlock)];
        Check(IsName(name) && blocks.All(block => block.Offset >= 0 && block.Length >= 0 && block.Offset <= end - block.Length));
        return new ManifestDocument(name, blocks);
    }

    private static BlockPlace ParseBlock(JsonElement block)
    {
        Check(block.GetArrayLength() == 3);
        return new BlockPlace(block[0].GetInt64(), block[1].GetInt32(), block[2].GetString() ?? throw new FormatException());
    }

    /// <summary>A block that is named many times would cost memory each time, and few bytes in the file.</summary>
    private static void CheckOverlaps(IEnumerable<ManifestDocument> documents)
    {
        long end = 0;
        foreach (BlockPlace block in documents.SelectMany(document => document.Blocks).OrderBy(block => block.Offset))
        {
            Check(block.Offset >= end);
            end = block.Offset + Math.Max(block.Length, 1);
        }
    }

    private static string Text(JsonElement parent, string name) => parent.GetProperty(name).GetString() ?? throw new FormatException();

    private static void Check(bool condition)
    {
        if (!condition)
        {
            throw new FormatException();
        }
    }
}
