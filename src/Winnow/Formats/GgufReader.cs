using System.Buffers.Binary;
using System.Runtime.CompilerServices;
using System.Runtime.InteropServices;
using System.Text;

namespace Winnow.Formats;

/// <summary>A cursor over the header of a GGUF file: every length is checked against what is left before it is used.</summary>
internal ref struct GgufReader
{
    /// <summary>
    /// The most bytes that metadata and tensor list may take. The largest vocabularies in use need about 15 MB; in memory a
    /// hostile header of this size grows about fourfold, to half a gigabyte.
    /// </summary>
    public const int MaxHeaderBytes = 128 << 20;

    /// <summary>The longest key that the format allows.</summary>
    private const int MaxNameBytes = 65_535;

    private static readonly UTF8Encoding StrictUtf8 = new(encoderShouldEmitUTF8Identifier: false, throwOnInvalidBytes: true);

    private readonly string _path;
    private readonly ReadOnlySpan<byte> _bytes;
    private readonly bool _isWholeFile;
    private int _position;

    public GgufReader(MappedFile file)
    {
        _path = file.Path;
        _isWholeFile = file.Length <= MaxHeaderBytes;
        _bytes = file.Bytes(0, (int)Math.Min(file.Length, MaxHeaderBytes));
    }

    /// <summary>The offset of the next byte in the file.</summary>
    public readonly int Position => _position;

    public readonly int Remaining => _bytes.Length - _position;

    public ReadOnlySpan<byte> ReadBytes(long count, string subject)
    {
        if ((ulong)count > (ulong)Remaining)
        {
            throw _isWholeFile
                ? Fail($"{subject}: {(ulong)count:N0} bytes are announced at offset {_position:N0}, but the file ends after {Remaining:N0}")
                : Fail($"{subject}: metadata and tensor list take more than the {MaxHeaderBytes:N0} bytes allowed");
        }

        ReadOnlySpan<byte> bytes = _bytes.Slice(_position, (int)count);
        _position += (int)count;
        return bytes;
    }

    public uint ReadUInt32(string subject) => BinaryPrimitives.ReadUInt32LittleEndian(ReadBytes(4, subject));

    public ulong ReadUInt64(string subject) => BinaryPrimitives.ReadUInt64LittleEndian(ReadBytes(8, subject));

    /// <summary>A number of things that take at least <paramref name="minBytes"/> each.</summary>
    public int ReadCount(int minBytes, int limit, string subject)
    {
        ulong count = ReadUInt64(subject);
        int most = Math.Min(Remaining / minBytes, limit);
        return count <= (ulong)most
            ? (int)count
            : throw Fail($"{subject} is {count:N0}, but at most {most:N0} are possible here");
    }

    /// <summary>A key or tensor name: text that is not empty and not longer than the format allows.</summary>
    public string ReadName(string subject)
    {
        string name = ReadString(subject, MaxNameBytes);
        return name.Length > 0 ? name : throw Fail($"{subject} is empty");
    }

    public object ReadValue(string key)
    {
        uint type = ReadUInt32(key);
        return ReadValue(type, key);
    }

    public readonly ModelFormatException Fail(string problem) => new(_path, problem);

    private object ReadValue(uint type, string key) => (GgufValueType)type switch
    {
        GgufValueType.UInt8 => ReadBytes(1, key)[0],
        GgufValueType.Int8 => (sbyte)ReadBytes(1, key)[0],
        GgufValueType.UInt16 => BinaryPrimitives.ReadUInt16LittleEndian(ReadBytes(2, key)),
        GgufValueType.Int16 => BinaryPrimitives.ReadInt16LittleEndian(ReadBytes(2, key)),
        GgufValueType.UInt32 => ReadUInt32(key),
        GgufValueType.Int32 => (int)ReadUInt32(key),
        GgufValueType.Float32 => BinaryPrimitives.ReadSingleLittleEndian(ReadBytes(4, key)),
        GgufValueType.Bool => ToBool(ReadBytes(1, key)[0], key),
        GgufValueType.String => IsDescription(key) ? ReadText(key) : ReadString(key, int.MaxValue),
        GgufValueType.Array => ReadArray(key, depth: 1),
        GgufValueType.UInt64 => ReadUInt64(key),
        GgufValueType.Int64 => (long)ReadUInt64(key),
        GgufValueType.Float64 => BinaryPrimitives.ReadDoubleLittleEndian(ReadBytes(8, key)),
        _ => throw Fail($"metadata key '{key}' has value type {type}, but the types of GGUF are 0 to 12"),
    };

    private Array ReadArray(string key, int depth)
    {
        if (depth > GgufValue.MaxArrayDepth)
        {
            throw Fail($"metadata key '{key}' nests arrays deeper than {GgufValue.MaxArrayDepth}");
        }

        uint type = ReadUInt32(key);
        return (GgufValueType)type switch
        {
            GgufValueType.UInt8 => ReadNumbers<byte>(key),
            GgufValueType.Int8 => ReadNumbers<sbyte>(key),
            GgufValueType.UInt16 => ReadNumbers<ushort>(key),
            GgufValueType.Int16 => ReadNumbers<short>(key),
            GgufValueType.UInt32 => ReadNumbers<uint>(key),
            GgufValueType.Int32 => ReadNumbers<int>(key),
            GgufValueType.Float32 => ReadNumbers<float>(key),
            GgufValueType.Bool => ReadBools(key),
            GgufValueType.String => ReadStrings(key),
            GgufValueType.Array => ReadArrays(key, depth),
            GgufValueType.UInt64 => ReadNumbers<ulong>(key),
            GgufValueType.Int64 => ReadNumbers<long>(key),
            GgufValueType.Float64 => ReadNumbers<double>(key),
            _ => throw Fail($"metadata key '{key}' is an array of value type {type}, but the types of GGUF are 0 to 12"),
        };
    }

    private T[] ReadNumbers<T>(string key)
        where T : unmanaged
    {
        T[] numbers = new T[ReadCount(Unsafe.SizeOf<T>(), int.MaxValue, $"the length of array '{key}'")];
        Span<byte> bytes = MemoryMarshal.AsBytes(numbers.AsSpan());
        ReadBytes(bytes.Length, key).CopyTo(bytes);
        return numbers;
    }

    private bool[] ReadBools(string key)
    {
        byte[] bytes = ReadNumbers<byte>(key);
        bool[] bools = new bool[bytes.Length];
        for (int i = 0; i < bytes.Length; i++)
        {
            bools[i] = ToBool(bytes[i], key);
        }

        return bools;
    }

    private string[] ReadStrings(string key)
    {
        string[] strings = new string[ReadCount(sizeof(ulong), int.MaxValue, $"the length of array '{key}'")];
        for (int i = 0; i < strings.Length; i++)
        {
            strings[i] = IsDescription(key) ? ReadText(key) : ReadString(key, int.MaxValue);
        }

        return strings;
    }

    private object[] ReadArrays(string key, int depth)
    {
        object[] arrays = new object[ReadCount(sizeof(uint) + sizeof(ulong), int.MaxValue, $"the length of array '{key}'")];
        for (int i = 0; i < arrays.Length; i++)
        {
            arrays[i] = ReadArray(key, depth + 1);
        }

        return arrays;
    }

    /// <summary>What describes a model to people, or is compared with known names; texts of other keys, tokens above all, must be exact.</summary>
    private static bool IsDescription(string key) => key.StartsWith("general.", StringComparison.Ordinal);

    /// <summary>A text in which bytes that are no UTF-8 become replacement characters.</summary>
    private string ReadText(string key)
    {
        ulong length = ReadUInt64(key);
        return length <= int.MaxValue
            ? Encoding.UTF8.GetString(ReadBytes((long)length, key))
            : throw Fail($"{key}: a text of {length:N0} bytes is announced, but at most {int.MaxValue:N0} are allowed");
    }

    private string ReadString(string subject, int limit)
    {
        ulong length = ReadUInt64(subject);
        if (length > (ulong)limit)
        {
            throw Fail($"{subject}: a text of {length:N0} bytes is announced, but at most {limit:N0} are allowed");
        }

        ReadOnlySpan<byte> bytes = ReadBytes((long)length, subject);
        try
        {
            return StrictUtf8.GetString(bytes);
        }
        catch (DecoderFallbackException e)
        {
            throw new ModelFormatException(_path, $"{subject}: the text at offset {_position - bytes.Length:N0} is no valid UTF-8", e);
        }
    }

    private readonly bool ToBool(byte value, string key) => value <= 1
        ? value == 1
        : throw Fail($"metadata key '{key}' holds the bool {value}, but only 0 and 1 are allowed");
}
