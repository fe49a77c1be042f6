using System.Text;

namespace Winnow.Tests.Formats;

/// <summary>The bytes of a GGUF file, put together by hand from the format's description: right ones and wrong ones.</summary>
internal sealed class GgufImage
{
    private readonly List<byte[]> _pairs = [];
    private readonly List<byte[]> _tensors = [];

    public uint Version { get; set; } = 3;

    public int Alignment { get; set; } = 32;

    public ulong? TensorCount { get; set; }

    public ulong? KeyCount { get; set; }

    public byte[] Data { get; set; } = [];

    public GgufImage Pair(string key, uint type, Action<BinaryWriter> value)
    {
        _pairs.Add(Bytes(writer =>
        {
            Text(writer, key);
            writer.Write(type);
            value(writer);
        }));
        return this;
    }

    public GgufImage Text(string key, string value) => Pair(key, 8, writer => Text(writer, value));

    public GgufImage UInt32(string key, uint value) => Pair(key, 4, writer => writer.Write(value));

    public GgufImage UInt16(string key, ushort value) => Pair(key, 2, writer => writer.Write(value));

    /// <param name="name">The tensor's name.</param>
    /// <param name="type">The number of its type.</param>
    /// <param name="offset">Its offset in the data.</param>
    /// <param name="extents">Its extents in the file's order: fastest first.</param>
    public GgufImage Tensor(string name, uint type, ulong offset, params ulong[] extents)
    {
        _tensors.Add(Bytes(writer =>
        {
            Text(writer, name);
            writer.Write((uint)extents.Length);
            foreach (ulong extent in extents)
            {
                writer.Write(extent);
            }

            writer.Write(type);
            writer.Write(offset);
        }));
        return this;
    }

    public byte[] ToArray() => Bytes(writer =>
    {
        writer.Write("GGUF"u8);
        writer.Write(Version);
        writer.Write(TensorCount ?? (ulong)_tensors.Count);
        writer.Write(KeyCount ?? (ulong)_pairs.Count);
        foreach (byte[] part in _pairs.Concat(_tensors))
        {
            writer.Write(part);
        }

        while (writer.BaseStream.Position % Alignment != 0)
        {
            writer.Write((byte)0);
        }

        writer.Write(Data);
    });

    public static void Text(BinaryWriter writer, string text)
    {
        byte[] bytes = Encoding.UTF8.GetBytes(text);
        writer.Write((ulong)bytes.Length);
        writer.Write(bytes);
    }

    /// <summary>A file with every kind of metadata value and three tensors.</summary>
    public static GgufImage WithEverything() => new GgufImage { Data = CountUp() }
        .Text("general.architecture", "llama")
        .Pair("value.u8", 0, writer => writer.Write((byte)200))
        .Pair("value.i8", 1, writer => writer.Write((sbyte)-100))
        .Pair("value.u16", 2, writer => writer.Write((ushort)60_000))
        .Pair("value.i16", 3, writer => writer.Write((short)-30_000))
        .UInt32("value.u32", 4_000_000_000)
        .Pair("value.i32", 5, writer => writer.Write(-2_000_000_000))
        .Pair("value.f32", 6, writer => writer.Write(1.5f))
        .Pair("value.bool", 7, writer => writer.Write((byte)1))
        .Pair("value.u64", 10, writer => writer.Write(ulong.MaxValue))
        .Pair("value.i64", 11, writer => writer.Write(long.MinValue))
        .Pair("value.f64", 12, writer => writer.Write(-0.1))
        .Pair("list.text", 9, writer =>
        {
            writer.Write(8u);
            writer.Write(3ul);
            Text(writer, "a");
            Text(writer, "");
            Text(writer, "schön 🙂");
        })
        .Pair("list.f32", 9, writer =>
        {
            writer.Write(6u);
            writer.Write(2ul);
            writer.Write(0.25f);
            writer.Write(float.NegativeInfinity);
        })
        .Pair("list.bool", 9, writer =>
        {
            writer.Write(7u);
            writer.Write(2ul);
            writer.Write((byte)0);
            writer.Write((byte)1);
        })
        .Pair("list.nested", 9, writer =>
        {
            writer.Write(9u);
            writer.Write(2ul);
            writer.Write(5u);
            writer.Write(2ul);
            writer.Write(-1);
            writer.Write(-2);
            writer.Write(8u);
            writer.Write(1ul);
            Text(writer, "inner");
        })
        .Pair("list.empty", 9, writer =>
        {
            writer.Write(4u);
            writer.Write(0ul);
        })
        .Tensor("matrix", 0, 0, 4, 2)
        .Tensor("quants", 8, 32, 32, 2, 2)
        .Tensor("half", 1, 192, 16);

    /// <summary>Bytes that tell where they are, and zeros where the tensors above need padding.</summary>
    private static byte[] CountUp() => [.. Enumerable.Range(0, 224).Select(i => i is >= 168 and < 192 ? (byte)0 : (byte)i)];

    private static byte[] Bytes(Action<BinaryWriter> write)
    {
        using MemoryStream stream = new();
        using BinaryWriter writer = new(stream);
        write(writer);
        return stream.ToArray();
    }
}
