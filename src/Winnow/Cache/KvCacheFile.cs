using System.Buffers.Binary;
using System.Runtime.InteropServices;
using System.Security.Cryptography;
using System.Text;
using Winnow.Compute;
using Winnow.Formats;
using Winnow.Tensors;

namespace Winnow.Cache;

/// <summary>A cache on disk: what it was computed from (model, tokens, layout), its pages, and a checksum over all of it.</summary>
/// <remarks>
/// Little-endian: magic, version, counts; fingerprint; KV heads, widths and types of keys and values, and names of side planes of each layer; token ids; the pages
/// of each layer in order; what the attention method keeps beside them, if anything; SHA-256 of everything before it.
/// </remarks>
internal static class KvCacheFile
{
    private const int Version = 3;
    private const int FixedHeaderBytes = 8 + (5 * sizeof(int));
    private const int LayerBytes = 6 * sizeof(int);
    private const int MaxPlanesBytes = 4096;

    /// <summary>Bytes that go between a device and a file at once.</summary>
    private const int PieceBytes = 8 << 20;
    private const int MaxFingerprintBytes = 4096;
    private static ReadOnlySpan<byte> Magic => "WINNOWKV"u8;

    /// <summary>Writes a cache; an older file of that name is replaced only on success.</summary>
    /// <param name="path">The file.</param>
    /// <param name="cache">The rows.</param>
    /// <param name="tokens">The tokens that the rows stand for, as many as the cache holds.</param>
    /// <param name="fingerprint">The model that computed them.</param>
    /// <param name="state">What the attention method wants to find again.</param>
    /// <exception cref="WinnowException">The disk is full, or the file cannot be created.</exception>
    public static void Save(string path, KvCache cache, ReadOnlySpan<int> tokens, string fingerprint, ReadOnlySpan<byte> state = default)
    {
        ArgumentOutOfRangeException.ThrowIfNotEqual(tokens.Length, cache.Length, nameof(tokens));
        byte[] header = Header(cache, tokens, fingerprint, state.Length);
        long length = header.Length + PagesBytes(cache.Layouts, tokens.Length) + state.Length + SHA256.HashSizeInBytes;
        using IncrementalHash hash = IncrementalHash.CreateHash(HashAlgorithmName.SHA256);
        using ReplacingFile file = new(path, length);
        byte[] piece = new byte[Math.Min(PieceBytes, PagesBytes(cache.Layouts, tokens.Length))];
        long offset = 0;
        Write(header);
        for (int i = 0; i < cache.LayerCount; i++)
        {
            foreach ((KvPage start, int bytes) in KvPieces.Of(cache.Layer(i), PageCount(tokens.Length), PieceBytes))
            {
                start.Buffer.Read(start.OffsetBytes, piece.AsSpan(0, bytes));
                Write(piece.AsSpan(0, bytes));
            }

            cache.Leave(i);
        }

        Write(state);
        file.Write(offset, hash.GetHashAndReset());
        file.Commit();

        void Write(ReadOnlySpan<byte> bytes)
        {
            file.Write(offset, bytes);
            hash.AppendData(bytes);
            offset += bytes.Length;
        }
    }

    /// <summary>Reads a cache back.</summary>
    /// <param name="path">The file.</param>
    /// <param name="devices">Where the rows will live.</param>
    /// <param name="layouts">The layout that the session needs.</param>
    /// <param name="fingerprint">The model that the session runs.</param>
    /// <param name="placement">In memory or on disk; null for memory.</param>
    /// <param name="relative">A cache that the new one shares its pool of pages with, of the same layout and placement; null for none.</param>
    /// <exception cref="ModelFormatException">The file is missing, damaged, or of another model or layout.</exception>
    public static (KvCache Cache, int[] Tokens, byte[] State) Load(
        string path, LayerDevices devices, IReadOnlyList<KvLayout> layouts, string fingerprint, KvPlacement? placement = null, KvCache? relative = null)
    {
        KvCache? cache = null;
        try
        {
            using FileStream stream = File.OpenRead(path);
            using IncrementalHash hash = IncrementalHash.CreateHash(HashAlgorithmName.SHA256);
            (int[] tokens, byte[] state) = ReadHeader(path, stream, hash, layouts, fingerprint);
            cache = relative?.Fork(0) ?? new KvCache(devices, layouts, placement);
            cache.Reserve(tokens.Length);
            byte[] piece = new byte[Math.Min(PieceBytes, PagesBytes(layouts, tokens.Length))];
            for (int i = 0; i < cache.LayerCount; i++)
            {
                foreach ((KvPage start, int bytes) in KvPieces.Of(cache.Layer(i), PageCount(tokens.Length), PieceBytes))
                {
                    Read(stream, hash, piece.AsSpan(0, bytes));
                    start.Buffer.Write(start.OffsetBytes, piece.AsSpan(0, bytes));
                }

                cache.Leave(i);
            }

            Read(stream, hash, state);
            byte[] expected = new byte[SHA256.HashSizeInBytes];
            stream.ReadExactly(expected);
            if (!hash.GetHashAndReset().AsSpan().SequenceEqual(expected))
            {
                throw new ModelFormatException(path, "is damaged: the checksum does not match");
            }

            cache.Advance(tokens.Length);
            return (cache, tokens, state);
        }
        catch (Exception e) when (e is IOException or UnauthorizedAccessException)
        {
            cache?.Dispose();
            throw new ModelFormatException(path, e is EndOfStreamException ? "is damaged: it ends too early" : $"cannot be read: {e.Message}", e);
        }
        catch
        {
            cache?.Dispose();
            throw;
        }
    }

    private static byte[] Header(KvCache cache, ReadOnlySpan<int> tokens, string fingerprint, int stateBytes)
    {
        byte[] name = Encoding.UTF8.GetBytes(fingerprint);
        byte[] header = new byte[FixedHeaderBytes + name.Length + cache.Layouts.Sum(layout => LayerBytes + Planes(layout).Length) + (tokens.Length * sizeof(int))];
        Span<byte> rest = header;
        Magic.CopyTo(rest);
        rest = rest[Magic.Length..];
        Put(ref rest, Version);
        Put(ref rest, tokens.Length);
        Put(ref rest, cache.LayerCount);
        Put(ref rest, name.Length);
        Put(ref rest, stateBytes);
        name.CopyTo(rest);
        rest = rest[name.Length..];
        foreach (KvLayout layout in cache.Layouts)
        {
            Put(ref rest, layout.KvHeads);
            Put(ref rest, layout.KeyDimension);
            Put(ref rest, layout.ValueDimension);
            Put(ref rest, (int)layout.KeyType);
            Put(ref rest, (int)layout.ValueType);
            byte[] planes = Planes(layout);
            Put(ref rest, planes.Length);
            planes.CopyTo(rest);
            rest = rest[planes.Length..];
        }

        foreach (int token in tokens)
        {
            Put(ref rest, token);
        }

        return header;
    }

    private static (int[] Tokens, byte[] State) ReadHeader(
        string path, FileStream stream, IncrementalHash hash, IReadOnlyList<KvLayout> layouts, string fingerprint)
    {
        byte[] head = new byte[FixedHeaderBytes];
        Read(stream, hash, head);
        if (!head.AsSpan(0, Magic.Length).SequenceEqual(Magic))
        {
            throw new ModelFormatException(path, "is no saved session");
        }

        ReadOnlySpan<byte> rest = head.AsSpan(Magic.Length);
        int version = Take(ref rest);
        int tokenCount = Take(ref rest);
        int layers = Take(ref rest);
        int nameBytes = Take(ref rest);
        int stateBytes = Take(ref rest);
        if (version != Version)
        {
            throw new ModelFormatException(path, $"is a saved session of version {version}; this program reads version {Version}");
        }

        if (nameBytes is < 0 or > MaxFingerprintBytes || tokenCount < 0 || stateBytes < 0)
        {
            throw new ModelFormatException(path, "is damaged: its header holds impossible sizes");
        }

        byte[] name = new byte[nameBytes];
        Read(stream, hash, name);
        if (Encoding.UTF8.GetString(name) != fingerprint)
        {
            throw new ModelFormatException(path, "was saved with another model");
        }

        if (layers != layouts.Count)
        {
            throw new ModelFormatException(path, $"was saved with {layers} layers; this model has {layouts.Count}");
        }

        byte[] shape = new byte[LayerBytes];
        foreach (KvLayout layout in layouts)
        {
            Read(stream, hash, shape);
            ReadOnlySpan<byte> values = shape;
            (int heads, int keyDimension, int valueDimension) = (Take(ref values), Take(ref values), Take(ref values));
            if (heads != layout.KvHeads || keyDimension != layout.KeyDimension || valueDimension != layout.ValueDimension)
            {
                throw new ModelFormatException(
                    path,
                    $"was saved with {heads} KV heads of {keyDimension} and {valueDimension} elements; "
                    + $"this model has {layout.KvHeads} of {layout.KeyDimension} and {layout.ValueDimension}");
            }

            (TensorType keyType, TensorType valueType) = ((TensorType)Take(ref values), (TensorType)Take(ref values));
            if (keyType != layout.KeyType || valueType != layout.ValueType)
            {
                throw new ModelFormatException(
                    path, $"was saved with {keyType} keys and {valueType} values; this session keeps {layout.KeyType} and {layout.ValueType}");
            }

            byte[] planes = Planes(layout);
            byte[] savedPlanes = new byte[Math.Clamp(Take(ref values), 0, MaxPlanesBytes)];
            Read(stream, hash, savedPlanes);
            if (!savedPlanes.AsSpan().SequenceEqual(planes))
            {
                throw new ModelFormatException(
                    path,
                    $"was saved with '{Encoding.UTF8.GetString(savedPlanes)}' beside its pages; this session keeps '{Encoding.UTF8.GetString(planes)}'");
            }
        }

        // Checked before anything of that size is allocated.
        long expected = stream.Position + ((long)tokenCount * sizeof(int)) + PagesBytes(layouts, tokenCount) + stateBytes + SHA256.HashSizeInBytes;
        if (stream.Length != expected)
        {
            throw new ModelFormatException(path, $"is damaged: it has {stream.Length} bytes instead of {expected}");
        }

        int[] tokens = new int[tokenCount];
        Read(stream, hash, MemoryMarshal.AsBytes(tokens.AsSpan()));
        if (!BitConverter.IsLittleEndian)
        {
            BinaryPrimitives.ReverseEndianness(tokens, tokens);
        }

        return (tokens, new byte[stateBytes]);
    }

    /// <summary>The planes of a layer as text: names and bytes.</summary>
    private static byte[] Planes(KvLayout layout) =>
        Encoding.UTF8.GetBytes(string.Join(' ', layout.Planes.Select(plane => FormattableString.Invariant($"{plane.Name}:{plane.PageBytes}"))));

    private static long PagesBytes(IReadOnlyList<KvLayout> layouts, int tokens) => layouts.Sum(layout => layout.PageBytes) * PageCount(tokens);

    private static int PageCount(int tokens) => (int)(((long)tokens + KvLayout.PageTokens - 1) / KvLayout.PageTokens);

    private static void Read(FileStream stream, IncrementalHash hash, Span<byte> bytes)
    {
        stream.ReadExactly(bytes);
        hash.AppendData(bytes);
    }

    private static void Put(ref Span<byte> target, int value)
    {
        BinaryPrimitives.WriteInt32LittleEndian(target, value);
        target = target[sizeof(int)..];
    }

    private static int Take(ref ReadOnlySpan<byte> source)
    {
        int value = BinaryPrimitives.ReadInt32LittleEndian(source);
        source = source[sizeof(int)..];
        return value;
    }
}
