using System.Security.Cryptography;
using Winnow.Formats;

namespace Winnow.Retrieval.Storage;

/// <summary>Changes an index file, or makes a new one: blocks first, then the list of documents, then the slot that makes them count.</summary>
/// <remarks>
/// One writer at a time, held apart by a lock file; readers of earlier states are never disturbed. A new file gets its name when
/// its first state is complete.
/// </remarks>
internal sealed class IndexFileWriter : IDisposable
{
    private readonly string _path;
    private readonly string? _temporaryPath;
    private readonly FileStream? _lock;
    private readonly FileStream _stream;
    private long _generation;
    private long _end;
    private bool _isNamed;

    private IndexFileWriter(string path, bool create, IndexSlot? current)
    {
        _path = path;
        _generation = current?.Generation ?? 0;
        _end = current?.End ?? IndexHeader.Bytes;
        _isNamed = !create;
        try
        {
            string folder = Path.GetDirectoryName(Path.GetFullPath(path)) ?? "";
            if (!Directory.Exists(folder))
            {
                throw new DirectoryNotFoundException($"the folder '{folder}' does not exist");
            }

            _lock = new FileStream(path + ".lock", new FileStreamOptions
            {
                Mode = FileMode.OpenOrCreate,
                Access = FileAccess.ReadWrite,
                Share = FileShare.None,
                Options = FileOptions.DeleteOnClose,
            });
            _temporaryPath = create ? Path.Combine(folder, $".{Path.GetFileName(path)}.{Path.GetRandomFileName()}.tmp") : null;
            _stream = new FileStream(_temporaryPath ?? path, create ? FileMode.CreateNew : FileMode.Open, FileAccess.ReadWrite, FileShare.Read);
            if (create)
            {
                _stream.Write(IndexHeader.Create());
            }
        }
        catch (Exception e) when (e is IOException or UnauthorizedAccessException)
        {
            Dispose();
            throw new ModelWriteException(path, e);
        }
    }

    /// <summary>Begins a new file; an older one of that name is replaced by the first <see cref="Commit"/>.</summary>
    /// <exception cref="ModelWriteException">It cannot be created, or another process changes it.</exception>
    public static IndexFileWriter Create(string path) => new(path, create: true, null);

    /// <summary>Begins a change of a file.</summary>
    /// <param name="path">The file.</param>
    /// <param name="current">Its state; whatever lies behind it was left by a change that did not succeed.</param>
    /// <exception cref="ModelWriteException">It cannot be written, or another process changes it.</exception>
    public static IndexFileWriter Append(string path, IndexSlot current) => new(path, create: false, current);

    /// <summary>Writes a block; it counts from the <see cref="Commit"/> on whose list names it.</summary>
    /// <exception cref="ModelWriteException">The disk is full or failed.</exception>
    public BlockPlace Add(ReadOnlySpan<byte> block)
    {
        // Values in blocks are aligned to four bytes in the file too.
        _end = (_end + BlockWriter.Alignment - 1) / BlockWriter.Alignment * BlockWriter.Alignment;
        BlockPlace place = new(_end, block.Length, Convert.ToHexStringLower(SHA256.HashData(block)));
        Write(_end, block);
        _end += block.Length;
        return place;
    }

    /// <summary>Makes a list of documents the current state.</summary>
    /// <exception cref="ModelWriteException">The disk is full or failed; the former state still counts.</exception>
    public void Commit(IndexManifest manifest)
    {
        byte[] json = manifest.ToJson();
        IndexSlot slot = new(_generation + 1, _end, json.Length, SHA256.HashData(json));
        Write(_end, json);
        try
        {
            _stream.SetLength(slot.End);
            _stream.Flush(flushToDisk: true);
            Write(IndexHeader.SlotOffset(slot.Generation), IndexHeader.Slot(slot));
            _stream.Flush(flushToDisk: true);
            if (!_isNamed)
            {
                _stream.Dispose();
                File.Move(_temporaryPath!, _path, overwrite: true);
                _isNamed = true;
            }
        }
        catch (Exception e) when (e is IOException or UnauthorizedAccessException)
        {
            throw new ModelWriteException(_path, e);
        }

        _generation = slot.Generation;
        _end = slot.End;
    }

    /// <summary>Ends the change; what was not committed does not count.</summary>
    public void Dispose()
    {
        _stream?.Dispose();
        if (!_isNamed && _temporaryPath is not null)
        {
            File.Delete(_temporaryPath);
        }

        _lock?.Dispose();
    }

    private void Write(long offset, ReadOnlySpan<byte> bytes)
    {
        try
        {
            _stream.Position = offset;
            _stream.Write(bytes);
        }
        catch (Exception e) when (e is IOException or UnauthorizedAccessException)
        {
            throw new ModelWriteException(_path, e);
        }
    }
}
