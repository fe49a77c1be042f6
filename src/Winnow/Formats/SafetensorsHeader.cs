using System.Buffers.Binary;
using System.Text.Json;
using Winnow.Tensors;

namespace Winnow.Formats;

/// <summary>The header of one safetensors file: where each tensor lies, all of it checked against the file.</summary>
/// <remarks>Format: https://github.com/huggingface/safetensors#format.</remarks>
internal sealed class SafetensorsHeader
{
    public const string Expected = "a safetensors file";

    /// <summary>The longest header that the format allows.</summary>
    public const int MaxBytes = 100_000_000;

    public const string MetadataKey = "__metadata__";

    /// <summary>Far above any file in use, far below what fills the memory.</summary>
    public const int MaxTensors = 1 << 20;

    /// <summary>The format has no limit; no tensor in use comes near this one.</summary>
    public const int MaxDimensions = 16;

    private const int PrefixBytes = sizeof(ulong);
    private const int MaxMetadata = 1 << 16;

    private SafetensorsHeader(IReadOnlyDictionary<string, string> metadata, IReadOnlyList<TensorEntry> tensors)
    {
        Metadata = metadata;
        Tensors = tensors;
    }

    public IReadOnlyDictionary<string, string> Metadata { get; }

    /// <summary>The tensors in the order of their bytes; names are unique.</summary>
    public IReadOnlyList<TensorEntry> Tensors { get; }

    public static SafetensorsHeader Read(MappedFile file)
    {
        if (file.Length < PrefixBytes + 2 || file.Bytes(PrefixBytes, 1)[0] != '{')
        {
            throw FileKind.Refuse(file, Expected);
        }

        ulong length = BinaryPrimitives.ReadUInt64LittleEndian(file.Bytes(0, PrefixBytes));
        if (length > MaxBytes)
        {
            throw new ModelFormatException(file.Path, $"announces a header of {length:N0} bytes, but the format allows {MaxBytes:N0}");
        }

        if ((long)length > file.Length - PrefixBytes)
        {
            throw new ModelFormatException(
                file.Path, $"announces a header of {length:N0} bytes, but the file ends after {file.Length - PrefixBytes:N0}: it is incomplete");
        }

        Dictionary<string, string> metadata = new(StringComparer.Ordinal);
        List<TensorRegion> regions = [];
        JsonText.Parse(file.Path, "the header", file.Bytes(PrefixBytes, (int)length), (ref Utf8JsonReader reader) =>
        {
            HashSet<string> names = new(StringComparer.Ordinal);
            while (JsonText.ReadProperty(ref reader, out string name))
            {
                if (!names.Add(name))
                {
                    throw new JsonException($"'{name}' occurs twice");
                }

                if (name == MetadataKey)
                {
                    ReadMetadata(ref reader, metadata);
                }
                else if (regions.Count == MaxTensors)
                {
                    throw new JsonException($"there are more than {MaxTensors:N0} tensors");
                }
                else
                {
                    regions.Add(ReadRegion(ref reader, name));
                }
            }
        });
        return new SafetensorsHeader(metadata, Map(file, regions, PrefixBytes + (long)length));
    }

    private static void ReadMetadata(ref Utf8JsonReader reader, Dictionary<string, string> metadata)
    {
        JsonText.ReadStartObject(ref reader, MetadataKey);
        while (JsonText.ReadProperty(ref reader, out string key))
        {
            if (metadata.Count == MaxMetadata)
            {
                throw new JsonException($"{MetadataKey} has more than {MaxMetadata:N0} keys");
            }

            if (!metadata.TryAdd(key, JsonText.ReadString(ref reader, key)))
            {
                throw new JsonException($"{MetadataKey} has the key '{key}' twice");
            }
        }
    }

    private static TensorRegion ReadRegion(ref Utf8JsonReader reader, string name)
    {
        TensorType? type = null;
        long[]? shape = null;
        long[]? range = null;
        JsonText.ReadStartObject(ref reader, name);
        while (JsonText.ReadProperty(ref reader, out string field))
        {
            switch (field)
            {
                case "dtype" when type is null:
                    type = ParseType(JsonText.ReadString(ref reader, name), name);
                    break;
                case "shape" when shape is null:
                    shape = JsonText.ReadNaturals(ref reader, MaxDimensions, $"the shape of tensor '{name}'");
                    break;
                case "data_offsets" when range is null:
                    range = JsonText.ReadNaturals(ref reader, 2, $"the data_offsets of tensor '{name}'");
                    break;
                default:
                    throw new JsonException(
                        $"tensor '{name}' has the field '{field}', but dtype, shape and data_offsets are allowed, each once");
            }
        }

        if (type is null || shape is null || range is not [long start, long end])
        {
            throw new JsonException($"tensor '{name}' lacks its dtype, shape or two data_offsets");
        }

        long size = TensorRegion.Size(type.Value, shape)
            ?? throw new JsonException($"tensor '{name}' of shape {TensorRegion.Describe(shape)} is larger than any file");
        return end - start == size
            ? new TensorRegion(name, type.Value, shape, start, size)
            : throw new JsonException(
                $"tensor '{name}' lies from {start} to {end}, but {type} {TensorRegion.Describe(shape)} takes {size} bytes");
    }

    /// <summary>Places the tensors; the format leaves no byte of the data without exactly one tensor.</summary>
    private static unsafe TensorEntry[] Map(MappedFile file, List<TensorRegion> regions, long dataStart)
    {
        TensorRegion[] byOffset = [.. regions];
        Array.Sort(byOffset, (a, b) => (a.Offset, a.SizeBytes).CompareTo((b.Offset, b.SizeBytes)));
        TensorEntry[] tensors = new TensorEntry[byOffset.Length];
        long dataLength = file.Length - dataStart;
        long end = 0;
        for (int i = 0; i < tensors.Length; i++)
        {
            TensorRegion region = byOffset[i];
            if (region.Offset != end)
            {
                throw new ModelFormatException(
                    file.Path, $"tensor '{region.Name}' starts at {region.Offset:N0}, but the one before it ends at {end:N0}");
            }

            if (region.SizeBytes > dataLength - end)
            {
                throw region.Incomplete(file.Path, dataLength);
            }

            end += region.SizeBytes;
            tensors[i] = new TensorEntry(region.Name, region.Type, region.Shape, file.Pointer(dataStart + region.Offset), file);
        }

        return end == dataLength
            ? tensors
            : throw new ModelFormatException(file.Path, $"has {dataLength:N0} bytes of data, but its tensors take {end:N0}");
    }

    private static TensorType ParseType(string name, string tensor) => name switch
    {
        "F64" => TensorType.F64,
        "F32" => TensorType.F32,
        "F16" => TensorType.F16,
        "BF16" => TensorType.BF16,
        "I64" => TensorType.I64,
        "I32" => TensorType.I32,
        "I16" => TensorType.I16,
        "I8" => TensorType.I8,
        "U8" or "BOOL" => TensorType.U8,
        _ => throw new JsonException(
            $"tensor '{tensor}' has the dtype {name}; supported are F64, F32, F16, BF16, I64, I32, I16, I8, U8 and BOOL"),
    };
}
