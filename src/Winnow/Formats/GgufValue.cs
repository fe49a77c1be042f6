using System.Text;

namespace Winnow.Formats;

/// <summary>How metadata values map to the value types of GGUF, and their bytes.</summary>
internal static class GgufValue
{
    /// <summary>Arrays in arrays in arrays: deeper than any file needs, and far from the end of the stack.</summary>
    public const int MaxArrayDepth = 8;

    private static readonly UTF8Encoding StrictUtf8 = new(encoderShouldEmitUTF8Identifier: false, throwOnInvalidBytes: true);

    /// <summary>The value type that a CLR type is stored as, or null where GGUF has none.</summary>
    public static GgufValueType? TypeOf(Type type) =>
        type == typeof(byte) ? GgufValueType.UInt8
        : type == typeof(sbyte) ? GgufValueType.Int8
        : type == typeof(ushort) ? GgufValueType.UInt16
        : type == typeof(short) ? GgufValueType.Int16
        : type == typeof(uint) ? GgufValueType.UInt32
        : type == typeof(int) ? GgufValueType.Int32
        : type == typeof(float) ? GgufValueType.Float32
        : type == typeof(bool) ? GgufValueType.Bool
        : type == typeof(string) ? GgufValueType.String
        : type == typeof(object) || type.IsSZArray ? GgufValueType.Array
        : type == typeof(ulong) ? GgufValueType.UInt64
        : type == typeof(long) ? GgufValueType.Int64
        : type == typeof(double) ? GgufValueType.Float64
        : null;

    /// <summary>Whether a value, with everything in it, is one that GGUF stores.</summary>
    public static bool IsStorable(object? value) => value switch
    {
        null => false,
        Array array => IsStorable(array, depth: 1),
        _ => value.GetType() != typeof(object) && TypeOf(value.GetType()) is not null,
    };

    /// <summary>Writes a value, its type first.</summary>
    public static void Write(BinaryWriter writer, object value)
    {
        GgufValueType type = TypeOf(value.GetType()) ?? throw NotStorable(value);
        writer.Write((uint)type);
        WriteBody(writer, type, value);
    }

    /// <summary>Writes a text, its length in bytes first.</summary>
    /// <exception cref="ArgumentException">The text has half a surrogate pair, which UTF-8 cannot hold.</exception>
    public static void WriteString(BinaryWriter writer, string text)
    {
        byte[] bytes = StrictUtf8.GetBytes(text);
        writer.Write((ulong)bytes.Length);
        writer.Write(bytes);
    }

    private static bool IsStorable(Array array, int depth)
    {
        Type? element = array.GetType().IsSZArray ? array.GetType().GetElementType() : null;
        return (element is null ? null : TypeOf(element)) switch
        {
            null => false,
            GgufValueType.Array => depth < MaxArrayDepth &&
                array.Cast<object?>().All(inner => inner is Array nested && IsStorable(nested, depth + 1)),
            GgufValueType.String => Array.TrueForAll((string?[])array, text => text is not null),
            _ => true,
        };
    }

    private static void WriteBody(BinaryWriter writer, GgufValueType type, object value)
    {
        switch (type)
        {
            case GgufValueType.UInt8:
                writer.Write((byte)value);
                break;
            case GgufValueType.Int8:
                writer.Write((sbyte)value);
                break;
            case GgufValueType.UInt16:
                writer.Write((ushort)value);
                break;
            case GgufValueType.Int16:
                writer.Write((short)value);
                break;
            case GgufValueType.UInt32:
                writer.Write((uint)value);
                break;
            case GgufValueType.Int32:
                writer.Write((int)value);
                break;
            case GgufValueType.Float32:
                writer.Write((float)value);
                break;
            case GgufValueType.Bool:
                writer.Write((bool)value);
                break;
            case GgufValueType.String:
                WriteString(writer, (string)value);
                break;
            case GgufValueType.Array:
                WriteArray(writer, (Array)value);
                break;
            case GgufValueType.UInt64:
                writer.Write((ulong)value);
                break;
            case GgufValueType.Int64:
                writer.Write((long)value);
                break;
            case GgufValueType.Float64:
                writer.Write((double)value);
                break;
            default:
                throw NotStorable(value);
        }
    }

    private static void WriteArray(BinaryWriter writer, Array array)
    {
        GgufValueType type = TypeOf(array.GetType().GetElementType()!) ?? throw NotStorable(array);
        writer.Write((uint)type);
        writer.Write((ulong)array.Length);
        foreach (object element in array)
        {
            WriteBody(writer, type, element);
        }
    }

    private static ArgumentException NotStorable(object value) => new($"GGUF has no value type for {value.GetType()}", nameof(value));
}
