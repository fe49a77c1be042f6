using System.Buffers.Binary;
using System.Security.Cryptography;
using Silk.NET.Vulkan;
using Winnow.Vulkan.Native;

namespace Winnow.Vulkan.Shaders;

/// <summary>What the driver compiled, kept on disk from run to run.</summary>
/// <remarks>
/// A file is a SHA-256 of what follows, then the driver's data, whose header names vendor, device and driver build. One that is
/// damaged, or of another driver, is built anew: drivers are known to crash on what they did not write.
/// </remarks>
internal sealed unsafe class PipelineCacheFile : IDisposable
{
    private const int HashBytes = 32;
    private const int HeaderBytes = 32;

    private readonly VulkanContext _context;
    private readonly string? _path;
    private readonly int _loadedBytes;

    public PipelineCacheFile(VulkanContext context)
    {
        _context = context;
        _path = CacheFolder.PathOf(context.Adapter, "bin");
        byte[] data = Load();
        _loadedBytes = data.Length;
        fixed (byte* first = data)
        {
            PipelineCacheCreateInfo create = new() { SType = StructureType.PipelineCacheCreateInfo, InitialDataSize = (nuint)data.Length, PInitialData = first };
            PipelineCache cache;
            context.Vk.CreatePipelineCache(context.Device, &create, null, &cache).Require("prepare shaders", context.Name);
            Handle = cache;
        }
    }

    public PipelineCache Handle { get; }

    /// <summary>Writes what was compiled, if that is more than there was. A disk that is full or read-only costs time at the next start, nothing else.</summary>
    public void Save()
    {
        nuint size = 0;
        if (_path is null || _context.Vk.GetPipelineCacheData(_context.Device, Handle, &size, null) != Result.Success || (int)size <= _loadedBytes)
        {
            return;
        }

        byte[] file = new byte[HashBytes + (int)size];
        fixed (byte* data = &file[HashBytes])
        {
            if (_context.Vk.GetPipelineCacheData(_context.Device, Handle, &size, data) != Result.Success)
            {
                return;
            }
        }

        Span<byte> content = file.AsSpan(0, HashBytes + (int)size);
        SHA256.HashData(content[HashBytes..], content[..HashBytes]);
        string draft = $"{_path}.{Environment.ProcessId}";
        try
        {
            Directory.CreateDirectory(Path.GetDirectoryName(_path)!);
            File.WriteAllBytes(draft, content);
            File.Move(draft, _path, overwrite: true);
        }
        catch (Exception e) when (e is IOException or UnauthorizedAccessException)
        {
            // The cache is only for speed.
        }
    }

    public void Dispose() => _context.Vk.DestroyPipelineCache(_context.Device, Handle, null);

    /// <summary>Whether a file is whole and written by this driver for this device.</summary>
    internal static bool IsValid(ReadOnlySpan<byte> file, VulkanAdapter adapter)
    {
        if (file.Length < HashBytes + HeaderBytes)
        {
            return false;
        }

        ReadOnlySpan<byte> data = file[HashBytes..];
        Span<byte> hash = stackalloc byte[HashBytes];
        SHA256.HashData(data, hash);
        return hash.SequenceEqual(file[..HashBytes])
            && BinaryPrimitives.ReadUInt32LittleEndian(data) == HeaderBytes
            && BinaryPrimitives.ReadUInt32LittleEndian(data[4..]) == 1
            && BinaryPrimitives.ReadUInt32LittleEndian(data[8..]) == adapter.VendorId
            && BinaryPrimitives.ReadUInt32LittleEndian(data[12..]) == adapter.DeviceId
            && new Guid(data.Slice(16, 16)) == adapter.PipelineCacheId;
    }

    private byte[] Load()
    {
        try
        {
            if (_path is not null && File.Exists(_path))
            {
                byte[] file = File.ReadAllBytes(_path);
                if (IsValid(file, _context.Adapter))
                {
                    return file[HashBytes..];
                }
            }
        }
        catch (Exception e) when (e is IOException or UnauthorizedAccessException)
        {
            // What cannot be read is compiled again.
        }

        return [];
    }
}
