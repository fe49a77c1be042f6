using System.Buffers.Binary;
using System.Text;
using Winnow.Fuzz.Running;

namespace Winnow.Fuzz.Mutation;

/// <summary>A GGUF file taken apart into its fields, so that one can be changed and the others still stand where they belong.</summary>
internal sealed class GgufDraft
{
    private const int Alignment = 32;
    private const uint TextType = 8;
    private const uint ListType = 9;

    private readonly List<Pair> _pairs = [];
    private readonly List<Tensor> _tensors = [];
    private uint _version;
    private byte[] _data = [];

    /// <summary>Takes a good file apart.</summary>
    public static GgufDraft Parse(ReadOnlySpan<byte> bytes)
    {
        GgufDraft draft = new();
        Reader reader = new(bytes);
        reader.Take(4);
        draft._version = reader.UInt32();
        ulong tensors = reader.UInt64();
        ulong pairs = reader.UInt64();
        for (ulong i = 0; i < pairs; i++)
        {
            draft._pairs.Add(ReadPair(ref reader));
        }

        for (ulong i = 0; i < tensors; i++)
        {
            byte[] name = reader.Text();
            ulong[] extents = [.. reader.UInt64s((int)reader.UInt32())];
            draft._tensors.Add(new Tensor(name, extents, reader.UInt32(), reader.UInt64()));
        }

        draft._data = bytes[Math.Min(Aligned(reader.At), bytes.Length)..].ToArray();
        return draft;
    }

    /// <summary>A copy that can be changed.</summary>
    public GgufDraft Copy()
    {
        GgufDraft copy = new() { _version = _version, _data = _data };
        copy._pairs.AddRange(_pairs);
        copy._tensors.AddRange(_tensors);
        return copy;
    }

    /// <summary>Changes a few fields, and puts the file together.</summary>
    /// <param name="others">Files whose parts may be taken.</param>
    /// <param name="words">Keys, names and texts that mean something.</param>
    /// <param name="random">What decides.</param>
    public byte[] Mutate(IReadOnlyList<GgufDraft> others, IReadOnlyList<string> words, InputRandom random)
    {
        GgufDraft draft = Copy();
        for (int i = random.Few(3); i > 0; i--)
        {
            draft.Change(random.Pick(others), words, random);
        }

        byte[] bytes = draft.ToArray(random.OneIn(32) ? ByteMutation.Number(random) : null, random.OneIn(2));
        return random.OneIn(24) ? ByteMutation.Mutate(bytes, random) : bytes;
    }

    /// <summary>The file's bytes.</summary>
    /// <param name="count">The number of tensors or keys that it claims; null for the true ones.</param>
    /// <param name="ofTensors">Which of the two is untrue.</param>
    public byte[] ToArray(long? count = null, bool ofTensors = false)
    {
        using MemoryStream stream = new();
        using BinaryWriter writer = new(stream);
        writer.Write("GGUF"u8);
        writer.Write(_version);
        writer.Write(ofTensors && count is not null ? count.Value : _tensors.Count);
        writer.Write(!ofTensors && count is not null ? count.Value : _pairs.Count);
        foreach (Pair pair in _pairs)
        {
            WriteText(writer, pair.Key);
            writer.Write(pair.Type);
            pair.WriteValue(writer);
        }

        foreach (Tensor tensor in _tensors)
        {
            WriteText(writer, tensor.Name);
            writer.Write(tensor.Extents.Length);
            Array.ForEach(tensor.Extents, writer.Write);
            writer.Write(tensor.Type);
            writer.Write(tensor.Offset);
        }

        writer.Write(new byte[Aligned((int)stream.Position) - stream.Position]);
        writer.Write(_data);
        return stream.ToArray();
    }

    private static int Aligned(int at) => (at + Alignment - 1) / Alignment * Alignment;

    private static void WriteText(BinaryWriter writer, byte[] text)
    {
        writer.Write((long)text.Length);
        writer.Write(text);
    }

    private static Pair ReadPair(ref Reader reader)
    {
        byte[] key = reader.Text();
        uint type = reader.UInt32();
        if (type == TextType)
        {
            return new Pair(key, type, reader.Text(), null, 0);
        }

        if (type != ListType)
        {
            return new Pair(key, type, reader.Take(Size(type)).ToArray(), null, 0);
        }

        uint itemType = reader.UInt32();
        int count = (int)reader.UInt64();
        byte[][] items = new byte[count][];
        for (int i = 0; i < count; i++)
        {
            items[i] = itemType == TextType ? reader.Text() : reader.Take(Size(itemType)).ToArray();
        }

        return new Pair(key, type, [], items, itemType);
    }

    private static int Size(uint type) => type switch
    {
        0 or 1 or 7 => 1,
        2 or 3 => 2,
        4 or 5 or 6 => 4,
        10 or 11 or 12 => 8,
        _ => throw new InvalidDataException($"seeds hold no values of type {type}"),
    };

    private void Change(GgufDraft other, IReadOnlyList<string> words, InputRandom random)
    {
        switch (random.Next(8))
        {
            case 0 or 1 or 2 when _pairs.Count > 0:
                int pair = random.Next(_pairs.Count);
                _pairs[pair] = Changed(_pairs[pair], words, random);
                break;
            case 3 when _pairs.Count > 0:
                MoveSection(_pairs, other._pairs, random);
                break;
            case 4 or 5 when _tensors.Count > 0:
                int tensor = random.Next(_tensors.Count);
                _tensors[tensor] = Changed(_tensors[tensor], words, random);
                break;
            case 6 when _tensors.Count > 0:
                MoveSection(_tensors, other._tensors, random);
                break;
            default:
                if (random.OneIn(6))
                {
                    _version = (uint)ByteMutation.Number(random);
                }
                else if (_data.Length > 0)
                {
                    _data = ByteMutation.Mutate(_data, random);
                }

                break;
        }
    }

    private static void MoveSection<T>(List<T> sections, List<T> others, InputRandom random)
    {
        int at = random.Next(sections.Count);
        switch (random.Next(4))
        {
            case 0:
                sections.RemoveAt(at);
                break;
            case 1:
                sections.Insert(random.Next(sections.Count), sections[at]);
                break;
            case 2:
                int with = random.Next(sections.Count);
                (sections[at], sections[with]) = (sections[with], sections[at]);
                break;
            default:
                if (others.Count > 0)
                {
                    sections.Insert(at, random.Pick(others));
                }

                break;
        }
    }

    private static Pair Changed(Pair pair, IReadOnlyList<string> words, InputRandom random)
    {
        byte[] word = Encoding.UTF8.GetBytes(random.Pick(words));
        switch (random.Next(6))
        {
            case 0:
                return pair with { Key = word };
            case 1:
                return pair with { Type = (uint)random.Next(14) };
            case 2 when pair.Items is not null:
                return pair with { Claimed = ByteMutation.Number(random) };
            case 3 when pair.Items is not null:
                return pair with { ItemType = (uint)random.Next(14) };
            default:
                return pair.Items is null
                    ? pair with { Value = ChangedValue(pair.Value, pair.Type == TextType, word, random) }
                    : pair with { Items = ChangedItems(pair.Items, pair.ItemType == TextType, word, random) };
        }
    }

    private static byte[][] ChangedItems(byte[][] items, bool areTexts, byte[] word, InputRandom random)
    {
        List<byte[]> changed = [.. items];
        for (int i = random.Few(4); i > 0; i--)
        {
            int at = random.Next(changed.Count + 1);
            if (at == changed.Count)
            {
                changed.Add(areTexts || changed.Count == 0 ? word : changed[0]);
            }
            else if (random.OneIn(3))
            {
                changed.RemoveAt(at);
            }
            else if (random.OneIn(3))
            {
                changed.Insert(at, changed[random.Next(changed.Count)]);
            }
            else
            {
                changed[at] = ChangedValue(changed[at], areTexts, word, random);
            }
        }

        return [.. changed];
    }

    private static byte[] ChangedValue(byte[] value, bool isText, byte[] word, InputRandom random)
    {
        if (isText)
        {
            return random.OneIn(2) ? word : ByteMutation.Mutate(value, random);
        }

        byte[] changed = [.. value];
        ByteMutation.PutNumber(changed, random);
        return changed;
    }

    private static Tensor Changed(Tensor tensor, IReadOnlyList<string> words, InputRandom random)
    {
        ulong[] extents = [.. tensor.Extents];
        int at = random.Next(Math.Max(extents.Length, 1));
        switch (random.Next(6))
        {
            case 0:
                return tensor with { Name = Encoding.UTF8.GetBytes(random.Pick(words)) };
            case 1:
                return tensor with { Type = (uint)random.Next(44) };
            case 2:
                return tensor with { Offset = random.OneIn(2) ? (ulong)ByteMutation.Number(random) : (ulong)random.Next(1 << 12) * Alignment };
            case 3:
                return tensor with { Extents = [.. extents, (ulong)random.Next(4)] };
            case 4 when extents.Length > 1:
                Array.Reverse(extents);
                return tensor with { Extents = extents };
            default:
                if (extents.Length > 0)
                {
                    extents[at] = random.OneIn(2) ? (ulong)ByteMutation.Number(random) : (ulong)random.Next(70);
                }

                return tensor with { Extents = extents };
        }
    }

    private sealed record Pair(byte[] Key, uint Type, byte[] Value, byte[][]? Items, uint ItemType)
    {
        /// <summary>The number of items that a list claims; null for the true one.</summary>
        public long? Claimed { get; init; }

        public void WriteValue(BinaryWriter writer)
        {
            if (Items is null)
            {
                WriteItem(writer, Value, Type == TextType);
                return;
            }

            writer.Write(ItemType);
            writer.Write(Claimed ?? Items.Length);
            foreach (byte[] item in Items)
            {
                WriteItem(writer, item, ItemType == TextType);
            }
        }

        private static void WriteItem(BinaryWriter writer, byte[] item, bool isText)
        {
            if (isText)
            {
                WriteText(writer, item);
            }
            else
            {
                writer.Write(item);
            }
        }
    }

    private sealed record Tensor(byte[] Name, ulong[] Extents, uint Type, ulong Offset);

    private ref struct Reader(ReadOnlySpan<byte> bytes)
    {
        private readonly ReadOnlySpan<byte> _bytes = bytes;

        public int At { get; private set; }

        public ReadOnlySpan<byte> Take(int length)
        {
            ReadOnlySpan<byte> part = _bytes.Slice(At, length);
            At += length;
            return part;
        }

        public uint UInt32() => BinaryPrimitives.ReadUInt32LittleEndian(Take(sizeof(uint)));

        public ulong UInt64() => BinaryPrimitives.ReadUInt64LittleEndian(Take(sizeof(ulong)));

        public ulong[] UInt64s(int count)
        {
            ulong[] values = new ulong[count];
            for (int i = 0; i < count; i++)
            {
                values[i] = UInt64();
            }

            return values;
        }

        public byte[] Text() => Take((int)UInt64()).ToArray();
    }
}
