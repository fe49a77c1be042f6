using System.Buffers.Binary;
using System.Numerics;
using Winnow.Tensors;

namespace Winnow.Formats;

/// <summary>The header of one GGUF file: metadata and where each tensor lies, all of it checked against the file.</summary>
/// <remarks>Format: https://github.com/ggml-org/ggml/blob/master/docs/gguf.md.</remarks>
internal sealed class GgufHeader
{
    public const string Expected = "a GGUF file";
    public const string AlignmentKey = "general.alignment";
    public const int DefaultAlignment = 32;
    public const int MaxDimensions = 4;

    // Far above any file in use (the largest mixtures of experts have about 100,000 tensors), far below what fills the memory.
    private const int MaxTensors = 1 << 20;
    private const int MaxKeys = 1 << 16;

    private GgufHeader(int version, GgufMetadata metadata, IReadOnlyList<TensorEntry> tensors)
    {
        Version = version;
        Metadata = metadata;
        Tensors = tensors;
    }

    public int Version { get; }

    public GgufMetadata Metadata { get; }

    /// <summary>The tensors in file order; names are unique.</summary>
    public IReadOnlyList<TensorEntry> Tensors { get; }

    public static GgufHeader Read(MappedFile file)
    {
        if (file.Length < 4 || !file.Bytes(0, 4).SequenceEqual("GGUF"u8))
        {
            throw FileKind.Refuse(file, Expected);
        }

        GgufReader reader = new(file);
        reader.ReadBytes(4, "the file's head");
        int version = ReadVersion(ref reader);
        int tensorCount = reader.ReadCount(minBytes: 25, MaxTensors, "the number of tensors");
        int keyCount = reader.ReadCount(minBytes: 14, MaxKeys, "the number of metadata keys");
        GgufMetadata metadata = ReadMetadata(ref reader, keyCount, file.Path);
        int alignment = ReadAlignment(metadata, file.Path);
        List<TensorRegion> regions = ReadRegions(ref reader, tensorCount, alignment);
        long dataStart = ((long)reader.Position + alignment - 1) / alignment * alignment;
        return new GgufHeader(version, metadata, MapTensors(file, regions, dataStart));
    }

    private static int ReadVersion(ref GgufReader reader)
    {
        uint version = reader.ReadUInt32("the format version");
        if (BinaryPrimitives.ReverseEndianness(version) is >= 1 and <= 0xFFFF)
        {
            throw reader.Fail("is a big-endian GGUF file; only little-endian ones are supported");
        }

        return version is 2 or 3
            ? (int)version
            : throw reader.Fail($"has GGUF version {version}; the versions 2 and 3 are supported");
    }

    private static GgufMetadata ReadMetadata(ref GgufReader reader, int count, string path)
    {
        GgufMetadata metadata = new(path);
        for (int i = 0; i < count; i++)
        {
            string key = reader.ReadName($"metadata key {i}");
            if (metadata.Contains(key))
            {
                throw reader.Fail($"metadata key '{key}' occurs twice");
            }

            metadata.Set(key, reader.ReadValue(key));
        }

        return metadata;
    }

    private static int ReadAlignment(GgufMetadata metadata, string path)
    {
        int alignment = metadata.GetInt32OrNull(AlignmentKey) ?? DefaultAlignment;
        return IsAlignment(alignment)
            ? alignment
            : throw new ModelFormatException(path, $"metadata key '{AlignmentKey}' is {alignment}, but must be a power of two from 8");
    }

    public static bool IsAlignment(int alignment) => alignment >= 8 && BitOperations.IsPow2(alignment);

    private static List<TensorRegion> ReadRegions(ref GgufReader reader, int count, int alignment)
    {
        List<TensorRegion> regions = new(count);
        for (int i = 0; i < count; i++)
        {
            string name = reader.ReadName($"the name of tensor {i}");
            long[] shape = ReadShape(ref reader, name);
            TensorType type = ReadType(ref reader, name);
            if (!TensorRegion.HasWholeBlocks(type, shape))
            {
                throw reader.Fail(
                    $"tensor '{name}' has the shape {TensorRegion.Describe(shape)}, " +
                    $"whose rows are no multiple of the {type.BlockLength()} in a block of {type}");
            }

            long size = TensorRegion.Size(type, shape)
                ?? throw reader.Fail($"tensor '{name}' of shape {TensorRegion.Describe(shape)} is larger than any file");
            ulong offset = reader.ReadUInt64(name);
            if (offset > long.MaxValue || offset % (ulong)alignment != 0)
            {
                throw reader.Fail($"tensor '{name}' lies at offset {offset:N0}, which is no multiple of the alignment {alignment}");
            }

            regions.Add(new TensorRegion(name, type, shape, (long)offset, size));
        }

        return regions;
    }

    /// <summary>Reads the extents, which the file gives fastest first.</summary>
    private static long[] ReadShape(ref GgufReader reader, string name)
    {
        uint dimensions = reader.ReadUInt32(name);
        if (dimensions > MaxDimensions)
        {
            throw reader.Fail($"tensor '{name}' has {dimensions} dimensions, but at most {MaxDimensions} are allowed");
        }

        long[] shape = new long[dimensions];
        for (int i = shape.Length - 1; i >= 0; i--)
        {
            ulong extent = reader.ReadUInt64(name);
            shape[i] = extent is >= 1 and <= long.MaxValue
                ? (long)extent
                : throw reader.Fail($"tensor '{name}' has the extent {(long)extent:N0}, but extents must be positive");
        }

        return shape;
    }

    private static TensorType ReadType(ref GgufReader reader, string name)
    {
        uint number = reader.ReadUInt32(name);
        TensorType type = (TensorType)number;
        return number <= int.MaxValue && type.IsInGguf()
            ? type
            : throw reader.Fail($"tensor '{name}' has the type {DescribeType(number)}; supported are {SupportedTypes()}");
    }

    private static TensorEntry[] MapTensors(MappedFile file, List<TensorRegion> regions, long dataStart)
    {
        long dataLength = Math.Max(0, file.Length - dataStart);
        HashSet<string> names = new(regions.Count, StringComparer.Ordinal);
        foreach (TensorRegion region in regions)
        {
            if (!names.Add(region.Name))
            {
                throw new ModelFormatException(file.Path, $"tensor '{region.Name}' occurs twice");
            }

            if (region.SizeBytes > dataLength - region.Offset)
            {
                throw region.Incomplete(file.Path, dataLength);
            }
        }

        RefuseOverlaps(file.Path, regions);
        return Map(file, regions, dataStart);
    }

    private static void RefuseOverlaps(string path, List<TensorRegion> regions)
    {
        TensorRegion[] byOffset = [.. regions];
        Array.Sort(byOffset, (a, b) => a.Offset.CompareTo(b.Offset));
        for (int i = 1; i < byOffset.Length; i++)
        {
            if (byOffset[i].Offset < byOffset[i - 1].Offset + byOffset[i - 1].SizeBytes)
            {
                throw new ModelFormatException(path, $"tensors '{byOffset[i - 1].Name}' and '{byOffset[i].Name}' overlap");
            }
        }
    }

    private static unsafe TensorEntry[] Map(MappedFile file, List<TensorRegion> regions, long dataStart)
    {
        TensorEntry[] tensors = new TensorEntry[regions.Count];
        for (int i = 0; i < tensors.Length; i++)
        {
            TensorRegion region = regions[i];
            tensors[i] = new TensorEntry(region.Name, region.Type, region.Shape, file.Pointer(dataStart + region.Offset), file);
        }

        return tensors;
    }

    private static string SupportedTypes() => string.Join(", ", Enum.GetValues<TensorType>().Where(type => type.IsInGguf()));

    /// <summary>Names the types that other engines write and this one does not read.</summary>
    private static string DescribeType(uint number) => number switch
    {
        4 => "Q4_2 (4, no longer in use)",
        5 => "Q4_3 (5, no longer in use)",
        9 => "Q8_1 (9)",
        31 or 32 or 33 => $"Q4_0 in an order of its own ({number}, no longer in use)",
        36 or 37 or 38 => $"IQ4_NL in an order of its own ({number}, no longer in use)",
        _ => $"{number}",
    };
}
