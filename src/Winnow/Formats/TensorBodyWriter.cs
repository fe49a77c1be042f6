namespace Winnow.Formats;

/// <summary>The part that both writers share: a header, then the bytes of the tensors it announces, each exactly complete.</summary>
internal sealed class TensorBodyWriter : IDisposable
{
    private const int CopyBytes = 1 << 24;

    private readonly ReplacingFile _file;
    private readonly long _dataStart;
    private readonly Dictionary<string, Body> _bodies;

    /// <summary>Creates the file and writes its header.</summary>
    /// <param name="path">The target.</param>
    /// <param name="header">The bytes at the head of the file.</param>
    /// <param name="dataStart">Where the data section begins in the file.</param>
    /// <param name="dataLength">The length of the data section, with all padding.</param>
    /// <param name="regions">The tensors in the data section.</param>
    /// <param name="held">The right to write the target, where the caller has it already.</param>
    public TensorBodyWriter(
        string path,
        ReadOnlySpan<byte> header,
        long dataStart,
        long dataLength,
        IReadOnlyCollection<TensorRegion> regions,
        FileLock? held = null)
    {
        _dataStart = dataStart;
        _bodies = regions.ToDictionary(region => region.Name, region => new Body(region), StringComparer.Ordinal);
        _file = new ReplacingFile(path, checked(dataStart + dataLength), held);
        try
        {
            _file.Write(0, header);
        }
        catch
        {
            _file.Dispose();
            throw;
        }
    }

    /// <summary>Appends to the bytes of a tensor.</summary>
    public void Write(string name, ReadOnlySpan<byte> bytes)
    {
        Body body = _bodies.GetValueOrDefault(name) ?? throw new ArgumentException($"tensor '{name}' was not declared", nameof(name));
        if (bytes.Length > body.Region.SizeBytes - body.Written)
        {
            throw new ArgumentException(
                $"tensor '{name}' takes {body.Region.SizeBytes:N0} bytes, but {body.Written:N0} and {bytes.Length:N0} more were given",
                nameof(bytes));
        }

        _file.Write(_dataStart + body.Region.Offset + body.Written, bytes);
        body.Written += bytes.Length;
    }

    /// <summary>Appends the bytes of a mapped tensor, piece by piece.</summary>
    public void Write(string name, TensorEntry source)
    {
        for (long offset = 0; offset < source.SizeBytes; offset += CopyBytes)
        {
            Write(name, source.Bytes(offset, (int)Math.Min(CopyBytes, source.SizeBytes - offset)));
        }
    }

    /// <summary>Puts the file under its name.</summary>
    /// <exception cref="InvalidOperationException">A tensor lacks bytes.</exception>
    public void Complete()
    {
        foreach (Body body in _bodies.Values)
        {
            if (body.Written != body.Region.SizeBytes)
            {
                throw new InvalidOperationException(
                    $"tensor '{body.Region.Name}' takes {body.Region.SizeBytes:N0} bytes, but {body.Written:N0} were written");
            }
        }

        _file.Commit();
    }

    public void Dispose() => _file.Dispose();

    private sealed class Body(TensorRegion region)
    {
        public TensorRegion Region { get; } = region;

        public long Written { get; set; }
    }
}
