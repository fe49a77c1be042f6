using System.Security.Cryptography;
using Microsoft.Win32.SafeHandles;
using Winnow.Formats;

namespace Winnow.Retrieval.Storage;

/// <summary>Changes an index file, or makes a new one: blocks first, then the list of documents, then the slot that makes them count.</summary>
/// <remarks>
/// One writer at a time, held apart by a <see cref="FileLock"/> that the caller has; readers of earlier states, in this process or
/// another, are never disturbed: what a committed slot names is neither overwritten nor cut off. A new file gets its name when its
/// state is complete.
/// </remarks>
internal sealed class IndexFileWriter : IDisposable
{
    private readonly string _path;
    private readonly ReplacingFile? _new;
    private readonly SafeFileHandle? _existing;
    private readonly long _generation;
    private long _end;

    private IndexFileWriter(string path, FileLock held)
    {
        _path = path;
        _end = IndexHeader.Bytes;
        _new = new ReplacingFile(path, length: 0, held);
        Write(0, IndexHeader.Create());
    }

    private IndexFileWriter(string path, IndexFile current)
    {
        _path = path;
        _generation = current.Slot.Generation;
        _end = current.End;
        try
        {
            _existing = File.OpenHandle(path, FileMode.Open, FileAccess.ReadWrite, FileShare.Read);
        }
        catch (Exception e) when (ReplacingFile.IsSystemError(e))
        {
            throw ReplacingFile.CannotBeWritten(path, e);
        }
    }

    /// <summary>Begins a new file; an older one of that name is replaced by <see cref="Commit"/>.</summary>
    /// <param name="path">The file.</param>
    /// <param name="held">The right to write it.</param>
    /// <exception cref="WinnowException">It cannot be created.</exception>
    public static IndexFileWriter Create(string path, FileLock held) => new(path, held);

    /// <summary>Begins a change of a file, under its lock.</summary>
    /// <param name="path">The file.</param>
    /// <param name="current">What it holds, read under the lock.</param>
    /// <exception cref="WinnowException">It cannot be written.</exception>
    public static IndexFileWriter Append(string path, IndexFile current) => new(path, current);

    /// <summary>Writes a block; it counts from the <see cref="Commit"/> on whose list names it.</summary>
    /// <exception cref="WinnowException">The disk is full or failed.</exception>
    public BlockPlace Add(ReadOnlySpan<byte> block)
    {
        // Values in blocks are aligned to four bytes in the file too.
        _end = (_end + BlockWriter.Alignment - 1) / BlockWriter.Alignment * BlockWriter.Alignment;
        BlockPlace place = new(_end, block.Length, Convert.ToHexStringLower(SHA256.HashData(block)));
        Write(_end, block);
        _end += block.Length;
        return place;
    }

    /// <summary>Makes a list of documents the current state; the last call.</summary>
    /// <exception cref="WinnowException">The disk is full or failed; the former state still counts.</exception>
    public void Commit(IndexManifest manifest)
    {
        byte[] json = manifest.ToJson();
        IndexSlot slot = new(_generation + 1, _end, json.Length, SHA256.HashData(json));
        Write(_end, json);
        Flush();
        Write(IndexHeader.SlotOffset(slot.Generation), IndexHeader.Slot(slot));
        Flush();
        _new?.Commit();
    }

    /// <summary>Ends the change; what was not committed does not count.</summary>
    public void Dispose()
    {
        _existing?.Dispose();
        _new?.Dispose();
    }

    private void Write(long offset, ReadOnlySpan<byte> bytes)
    {
        if (_new is not null)
        {
            _new.Write(offset, bytes);
            return;
        }

        try
        {
            RandomAccess.Write(_existing!, bytes, offset);
        }
        catch (Exception e) when (ReplacingFile.IsSystemError(e))
        {
            throw ReplacingFile.CannotBeWritten(_path, e);
        }
    }

    /// <summary>The slot must not reach the disk before what it names; a new file reaches it as a whole.</summary>
    private void Flush()
    {
        try
        {
            if (_existing is not null)
            {
                RandomAccess.FlushToDisk(_existing);
            }
        }
        catch (Exception e) when (ReplacingFile.IsSystemError(e))
        {
            throw ReplacingFile.CannotBeWritten(_path, e);
        }
    }
}
