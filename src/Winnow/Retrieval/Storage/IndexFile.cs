using System.Security.Cryptography;
using Winnow.Formats;
using Winnow.Generation;

namespace Winnow.Retrieval.Storage;

/// <summary>An index file, mapped read-only: the newest state that is complete.</summary>
internal sealed class IndexFile : IDisposable
{
    private readonly MappedFile _file;
    private readonly Lifetime _lifetime;

    private IndexFile(MappedFile file, IndexSlot slot, IndexManifest manifest, bool isRecovered)
    {
        _file = file;
        _lifetime = new Lifetime(typeof(IndexFile), file.Dispose);
        Slot = slot;
        Manifest = manifest;
        IsRecovered = isRecovered;
    }

    /// <summary>The state.</summary>
    public IndexSlot Slot { get; }

    /// <summary>Its documents.</summary>
    public IndexManifest Manifest { get; }

    /// <summary>Whether the last change was torn, and the state before it is used.</summary>
    public bool IsRecovered { get; }

    /// <summary>Bytes of the file.</summary>
    public long Length => _file.Length;

    /// <summary>Opens a file and checks the checksum of everything that its state consists of.</summary>
    /// <exception cref="ModelFormatException">It is missing, damaged, or no index.</exception>
    public static IndexFile Open(string path)
    {
        MappedFile file = MappedFile.Open(path, "a document index");
        try
        {
            IReadOnlyList<IndexSlot> slots = IndexHeader.Read(path, file.Bytes(0, (int)Math.Min(file.Length, IndexHeader.Bytes)), out bool isTorn);
            foreach (IndexSlot slot in slots)
            {
                if (ReadManifest(file, slot) is { } manifest)
                {
                    CheckBlocks(file, manifest);
                    return new IndexFile(file, slot, manifest, isTorn);
                }

                isTorn = true;
            }

            throw new ModelFormatException(path, "is damaged: it holds no complete list of documents");
        }
        catch
        {
            file.Dispose();
            throw;
        }
    }

    /// <summary>The bytes of a block.</summary>
    public BlockBytes Block(BlockPlace place) => new(_file, place.Offset, place.Length);

    /// <summary>Keeps the file mapped until <see cref="Leave"/>; false where it was disposed.</summary>
    public bool TryEnter() => _lifetime.TryEnter();

    /// <summary>Ends what <see cref="TryEnter"/> began, on the same thread.</summary>
    public void Leave() => _lifetime.Leave();

    /// <summary>Unmaps the file, or lets the last of those who read it do so.</summary>
    public void Dispose() => _lifetime.End();

    /// <summary>The list of documents that a slot names; null where the file ends before it, or it was not written completely.</summary>
    private static IndexManifest? ReadManifest(MappedFile file, IndexSlot slot)
    {
        if (slot.Offset < IndexHeader.Bytes || slot.Length is < 0 or > int.MaxValue || slot.Offset > file.Length - slot.Length)
        {
            return null;
        }

        ReadOnlySpan<byte> bytes = file.Bytes(slot.Offset, (int)slot.Length);
        return SHA256.HashData(bytes).AsSpan().SequenceEqual(slot.Sha256)
            ? IndexManifest.Parse(file.Path, bytes.ToArray(), slot.Offset)
            : null;
    }

    private static void CheckBlocks(MappedFile file, IndexManifest manifest)
    {
        foreach (ManifestDocument document in manifest.Documents)
        {
            foreach (BlockPlace block in document.Blocks)
            {
                if (Convert.ToHexStringLower(SHA256.HashData(file.Bytes(block.Offset, block.Length))) != block.Sha256)
                {
                    throw new ModelFormatException(file.Path, $"is damaged: the checksum of document '{document.Name}' does not match");
                }
            }
        }
    }
}
