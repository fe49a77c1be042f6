using System.Security.Cryptography;
using Winnow.Formats;
using Winnow.Generation;

namespace Winnow.Retrieval.Storage;

/// <summary>An index file, mapped read-only: the newest state that is complete.</summary>
internal sealed class IndexFile : IDisposable
{
    private readonly MappedFile _file;
    private readonly Lifetime _lifetime;

    private IndexFile(MappedFile file, IndexSlot slot, long end, IndexManifest manifest, bool isRecovered)
    {
        _file = file;
        End = end;
        _lifetime = new Lifetime(typeof(IndexFile), file.Dispose);
        Slot = slot;
        Manifest = manifest;
        IsRecovered = isRecovered;
    }

    /// <summary>The state.</summary>
    public IndexSlot Slot { get; }

    /// <summary>Where a change may write: behind all that complete states take, this one and the one before.</summary>
    public long End { get; }

    /// <summary>Its documents.</summary>
    public IndexManifest Manifest { get; }

    /// <summary>Whether the last change was torn, and the state before it is used.</summary>
    public bool IsRecovered { get; }

    /// <summary>Bytes of the file.</summary>
    public long Length => _file.Length;

    /// <summary>Opens a file and checks the checksum of everything that its state consists of.</summary>
    /// <param name="path">The file.</param>
    /// <param name="known">An earlier state: its blocks were checked, and changes leave them as they are.</param>
    /// <exception cref="ModelFormatException">It is missing, damaged, or no index.</exception>
    public static IndexFile Open(string path, IndexManifest? known = null)
    {
        MappedFile file = MappedFile.Open(path, "a document index");
        try
        {
            IReadOnlyList<IndexSlot> slots = IndexHeader.Read(path, file.Bytes(0, (int)Math.Min(file.Length, IndexHeader.Bytes)), out bool isTorn);
            IndexSlot[] complete = [.. slots.Where(slot => IsComplete(file, slot))];
            if (complete.Length == 0)
            {
                throw new ModelFormatException(path, "is damaged: it holds no complete list of documents");
            }

            IndexSlot newest = complete[0];
            IndexManifest manifest = IndexManifest.Parse(path, file.Bytes(newest.Offset, (int)newest.Length).ToArray(), newest.Offset);
            CheckBlocks(file, manifest, known);
            file.ReleaseHandle();
            return new IndexFile(file, newest, complete.Max(slot => slot.End), manifest, isTorn || newest != slots[0]);
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

    /// <summary>Whether the list of documents that a slot names was written completely.</summary>
    private static bool IsComplete(MappedFile file, IndexSlot slot) =>
        slot.Offset >= IndexHeader.Bytes && slot.Length is >= 0 and <= int.MaxValue && slot.Offset <= file.Length - slot.Length
        && SHA256.HashData(file.Bytes(slot.Offset, (int)slot.Length)).AsSpan().SequenceEqual(slot.Sha256);

    private static void CheckBlocks(MappedFile file, IndexManifest manifest, IndexManifest? known)
    {
        HashSet<BlockPlace> good = [.. known?.Documents.SelectMany(document => document.Blocks) ?? []];
        foreach (ManifestDocument document in manifest.Documents)
        {
            foreach (BlockPlace block in document.Blocks.Where(block => !good.Contains(block)))
            {
                if (Convert.ToHexStringLower(SHA256.HashData(file.Bytes(block.Offset, block.Length))) != block.Sha256)
                {
                    throw new ModelFormatException(file.Path, $"is damaged: the checksum of document '{document.Name}' does not match");
                }
            }
        }
    }
}
