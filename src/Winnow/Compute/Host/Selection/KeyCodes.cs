namespace Winnow.Compute.Host.Selection;

/// <summary>The codes of one KV head's keys, and how many far tokens each centroid stands for.</summary>
internal sealed class KeyCodes
{
    private readonly int[] _counts;
    private ushort[] _codes = [];
    private int _countedFrom;
    private int _countedTo;

    /// <param name="centroids">Centroids of the codebook.</param>
    public KeyCodes(int centroids)
    {
        _counts = new int[centroids];
    }

    /// <summary>Tokens that have a code: those at positions below it.</summary>
    public int Length { get; private set; }

    /// <summary>The code of each token.</summary>
    public ReadOnlySpan<ushort> Codes => _codes.AsSpan(0, Length);

    /// <summary>Far tokens of each centroid, as <see cref="CountFar"/> left them.</summary>
    public ReadOnlySpan<int> Counts => _counts;

    /// <summary>Bytes that codes and counts take.</summary>
    public long SizeBytes => (_codes.LongLength * sizeof(ushort)) + (_counts.LongLength * sizeof(int));

    /// <summary>Makes room for codes from a position on, and gives up those that were there.</summary>
    /// <param name="position">The first token; all before it have a code.</param>
    /// <param name="count">How many tokens.</param>
    /// <returns>The codes to fill.</returns>
    public Span<ushort> Append(int position, int count)
    {
        Truncate(position);
        ArgumentOutOfRangeException.ThrowIfNotEqual(position, Length);
        if (_codes.Length < position + count)
        {
            Array.Resize(ref _codes, Math.Max(position + count, _codes.Length + (_codes.Length / 2)));
        }

        Length = position + count;
        return _codes.AsSpan(position, count);
    }

    /// <summary>Forgets the codes from a position on.</summary>
    public void Truncate(int length)
    {
        if (length < Length)
        {
            MoveEnd(Math.Max(Math.Min(_countedTo, length), _countedFrom));
            if (length < _countedFrom)
            {
                _countedFrom = _countedTo = 0;
            }

            Length = length;
        }
    }

    /// <summary>Counts the tokens [first, end) and no others.</summary>
    public void CountFar(int first, int end)
    {
        if (_countedFrom != first)
        {
            MoveEnd(_countedFrom);
            _countedFrom = _countedTo = first;
        }

        MoveEnd(end);
    }

    /// <summary>Takes over the codes of another session's head.</summary>
    public void CopyFrom(KeyCodes other) => other.Codes.CopyTo(Append(0, other.Length));

    /// <summary>Writes the codes.</summary>
    public void Save(StateBuffer target)
    {
        target.Write(Length);
        target.Write(Codes);
    }

    /// <summary>Reads codes back.</summary>
    /// <param name="source">What <see cref="Save"/> wrote.</param>
    /// <param name="centroids">Centroids of the codebook.</param>
    /// <param name="length">Tokens that may have codes.</param>
    /// <exception cref="InvalidDataException">There are more codes, or one is of no centroid.</exception>
    public static KeyCodes Load(ref StateReader source, int centroids, int length)
    {
        KeyCodes codes = new(centroids);
        int count = source.ReadCount(sizeof(ushort));
        if (count > length)
        {
            throw new InvalidDataException($"the state of an attention method has codes of {count} tokens, the session {length} tokens");
        }

        Span<ushort> target = codes.Append(0, count);
        source.Read(target);
        foreach (ushort code in target)
        {
            if (code >= centroids)
            {
                throw new InvalidDataException($"the state of an attention method names centroid {code} of {centroids}");
            }
        }

        return codes;
    }

    private void MoveEnd(int end)
    {
        while (_countedTo < end)
        {
            _counts[_codes[_countedTo++]]++;
        }

        while (_countedTo > end)
        {
            _counts[_codes[--_countedTo]]--;
        }
    }
}
