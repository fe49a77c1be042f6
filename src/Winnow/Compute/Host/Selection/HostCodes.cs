namespace Winnow.Compute.Host.Selection;

/// <summary>Codebooks and codes in host memory.</summary>
internal sealed class HostCodes : CodedKeys
{
    private readonly RopeFrequencies? _rope;
    private readonly int _far;

    /// <summary>Codebooks of a file, which are not saved with the codes; null for those that a session makes.</summary>
    private readonly Codebook[]? _given;
    private KeyCodes[] _codes = [];

    /// <param name="shape">The layer's heads.</param>
    /// <param name="rope">The layer's rotation; null where there is none.</param>
    /// <param name="far">The position that queries are rotated to.</param>
    /// <param name="codebooks">One for each KV head, or null.</param>
    public HostCodes(AttentionShape shape, RopeFrequencies? rope, int far, Codebook[]? codebooks)
        : base(shape)
    {
        _rope = rope;
        _far = far;
        _given = codebooks;
        Rotation = new ConstantRotation(rope, far);
        if (codebooks is not null)
        {
            Use(codebooks);
        }
    }

    /// <summary>The layer's rotation; null where there is none.</summary>
    public RopeFrequencies? Rope => _rope;

    /// <summary>Brings queries to the position at which far tokens are scored.</summary>
    public ConstantRotation Rotation { get; }

    /// <summary>The codebook of each KV head; empty before there are any.</summary>
    public Codebook[] Codebooks { get; private set; } = [];

    public override long SizeBytes => _codes.Sum(codes => codes.SizeBytes);

    public override long CodebookBytes => Codebooks.Sum(codebook => codebook.SizeBytes);

    /// <summary>The codes of a KV head.</summary>
    public KeyCodes Codes(int head) => _codes[head];

    /// <summary>Takes codebooks into use; no token has a code of theirs yet.</summary>
    public void Use(Codebook[] codebooks)
    {
        Codebooks = codebooks;
        _codes = Array.ConvertAll(codebooks, codebook => new KeyCodes(codebook.Count));
    }

    public override SelectionState CreateLike() => new HostCodes(Shape, _rope, _far, _given);

    public override void Save(StateBuffer target)
    {
        for (int head = 0; head < Shape.KvHeads; head++)
        {
            if (_given is null)
            {
                Codebooks[head].Save(target);
            }

            _codes[head].Save(target);
        }
    }

    protected override void TruncateCore(int length)
    {
        foreach (KeyCodes codes in _codes)
        {
            codes.Truncate(length);
        }
    }

    internal override void CopyCore(CodedKeys other)
    {
        HostCodes source = (HostCodes)other;
        Use(source.Codebooks);
        for (int head = 0; head < _codes.Length; head++)
        {
            _codes[head].CopyFrom(source._codes[head]);
        }
    }

    protected override int LoadCore(ref StateReader source, int length)
    {
        Codebook[] codebooks = _given ?? new Codebook[Shape.KvHeads];
        KeyCodes[] codes = new KeyCodes[Shape.KvHeads];
        for (int head = 0; head < codes.Length; head++)
        {
            if (_given is null)
            {
                codebooks[head] = Codebook.Load(ref source, Shape.HeadDimension);
            }

            codes[head] = KeyCodes.Load(ref source, codebooks[head].Count, length);
            if (codes[head].Length != codes[0].Length)
            {
                throw new InvalidDataException("the state of an attention method has more codes for one head than for another");
            }
        }

        Codebooks = codebooks;
        _codes = codes;
        return codes[0].Length;
    }
}
