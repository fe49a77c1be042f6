using System.Buffers.Binary;
using System.Security.Cryptography;
using System.Text.Json.Nodes;
using Winnow.Fuzz.Running;
using Winnow.Retrieval.Storage;

namespace Winnow.Fuzz.Mutation;

/// <summary>A document index taken apart into blocks and the list of documents: changes fall on one of them, and all checksums are made again.</summary>
internal sealed class IndexDraft
{
    private readonly byte[] _file;
    private readonly IndexManifest _manifest;

    /// <param name="file">A good file.</param>
    public IndexDraft(byte[] file)
    {
        _file = file;
        IndexSlot slot = IndexHeader.Read("seed", file.AsSpan(0, IndexHeader.Bytes), out _)[0];
        byte[] list = file[(int)slot.Offset..(int)slot.End];
        _manifest = IndexManifest.Parse("seed", list, slot.Offset);
        List = JsonNode.Parse(list)!;
    }

    /// <summary>The list of documents.</summary>
    public JsonNode List { get; }

    /// <summary>A changed file.</summary>
    /// <param name="lists">Changes lists of documents.</param>
    /// <param name="random">What decides.</param>
    public byte[] Mutate(JsonMutator lists, InputRandom random)
    {
        byte[] blocks = [.. _file];
        JsonNode list = List.DeepClone();
        bool changesList = random.OneIn(3);
        if (!changesList)
        {
            ChangeBlocks(blocks, list, random);
        }

        int end = (int)_manifest.Documents.Max(document => document.Blocks.Max(block => block.Offset + block.Length));
        byte[] text = changesList ? lists.Mutate(list, random) : JsonMutator.Write(list);
        byte[] file = [.. IndexHeader.Create(), .. blocks[IndexHeader.Bytes..end], .. text];
        long length = random.OneIn(40) ? ByteMutation.Number(random) : text.Length;
        IndexSlot slot = new(1, end, length, SHA256.HashData(text));
        IndexHeader.Slot(slot).CopyTo(file.AsSpan(IndexHeader.SlotOffset(slot.Generation)));
        return random.OneIn(40) ? ByteMutation.Mutate(file, random) : file;
    }

    private void ChangeBlocks(byte[] file, JsonNode list, InputRandom random)
    {
        for (int i = random.Few(3); i > 0; i--)
        {
            int document = random.Next(_manifest.Documents.Count);
            int at = random.Next(_manifest.Documents[document].Blocks.Count);
            BlockPlace place = _manifest.Documents[document].Blocks[at];
            Span<byte> block = file.AsSpan((int)place.Offset, place.Length);
            for (int change = random.Few(4); change > 0; change--)
            {
                ChangeBlock(block, random);
            }

            list["documents"]![document]!["blocks"]![at]![2] = Convert.ToHexStringLower(SHA256.HashData(block));
        }
    }

    /// <summary>Counts, ends and lengths of sections are whole numbers at multiples of four; what is listed is in bytes.</summary>
    private static void ChangeBlock(Span<byte> block, InputRandom random)
    {
        Span<byte> number = block.Slice(random.Next(block.Length / sizeof(int)) * sizeof(int), sizeof(int));
        int before = BinaryPrimitives.ReadInt32LittleEndian(number);
        switch (random.Next(5))
        {
            case 0:
                BinaryPrimitives.WriteInt32LittleEndian(number, (int)ByteMutation.Number(random));
                break;
            case 1:
                BinaryPrimitives.WriteInt32LittleEndian(number, before + (random.OneIn(2) ? 1 : -1));
                break;
            case 2:
                BinaryPrimitives.WriteInt32LittleEndian(number, BinaryPrimitives.ReadInt32LittleEndian(block[(random.Next(block.Length / sizeof(int)) * sizeof(int))..]));
                break;
            case 3:
                block[random.Next(block.Length)] ^= (byte)(1 << random.Next(8));
                break;
            default:
                block[random.Next(block.Length)] = (byte)random.NextUInt64();
                break;
        }
    }
}
