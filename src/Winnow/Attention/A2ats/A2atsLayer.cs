using Winnow.Compute;
using Winnow.Compute.Host.Selection;

namespace Winnow.Attention.A2ats;

/// <summary>What A²ATS remembers of a layer: the codebooks in use, the ones before them, and the codes of each.</summary>
internal sealed class A2atsLayer(AttentionShape shape, RopeFrequencies? rope, int far)
{
    private readonly List<Generation> _generations = [];
    private float[] _queries = [];

    public AttentionShape Shape => shape;

    public ConstantRotation Rotation { get; } = new(rope, far);

    public CachedKeys Cached { get; } = new(rope);

    /// <summary>Makes the codebooks; null where they come from a file.</summary>
    public OnlineCodebooks? Training { get; init; }

    /// <summary>Whether codebooks may still be made.</summary>
    public bool IsTraining => Training is not null && !OnlineCodebooks.IsFinal(TrainedLength);

    /// <summary>Tokens that the codebooks in use were made from; 0 before there are any.</summary>
    public int TrainedLength => HasCodebooks ? _generations[^1].TrainedLength : 0;

    public Codebook[] Codebooks => _generations[^1].Codebooks;

    public KeyCodes[] Codes => _generations[^1].Codes;

    public bool HasCodebooks => _generations.Count > 0;

    /// <summary>Tokens that have codes.</summary>
    public int Length => HasCodebooks ? Codes[0].Length : 0;

    /// <summary>Bytes of all codes, and of the codebooks that are kept only to come back to them.</summary>
    public long SizeBytes =>
        _generations.Sum(generation => generation.Codes.Sum(codes => codes.SizeBytes))
        + _generations.SkipLast(1).Sum(generation => generation.Codebooks.Sum(codebook => codebook.SizeBytes));

    public float[] KeyMemory { get; private set; } = [];

    /// <summary>Takes codebooks into use; no token has a code of theirs yet.</summary>
    /// <param name="trainedLength">Tokens that they were made from; 0 for those of a file.</param>
    /// <param name="codebooks">One per KV head.</param>
    public void Add(int trainedLength, Codebook[] codebooks) => _generations.Add(new Generation(trainedLength, codebooks));

    /// <summary>Writes down how many codebooks and codes there are, and what the next codebooks are made from.</summary>
    public void Mark(StateBuffer mark)
    {
        mark.Write(_generations.Count);
        mark.Write(Length);
        if (IsTraining)
        {
            Training!.Mark(mark);
        }
    }

    /// <summary>Gives up what came after a mark.</summary>
    /// <param name="mark">What <see cref="Mark"/> wrote.</param>
    /// <param name="length">Tokens that the sequence had there.</param>
    /// <param name="promptTokens">Tokens of a prompt behind it that stay; they were coded at once, unless there was a gap before them.</param>
    public void Return(ref StateReader mark, int length, int promptTokens)
    {
        int generations = mark.ReadInt32();
        int coded = mark.ReadInt32();
        if (generations < 0 || generations > _generations.Count || coded < 0)
        {
            throw new InvalidDataException($"the state of an attention method names codebooks {generations} of {_generations.Count}");
        }

        _generations.RemoveRange(generations, _generations.Count - generations);
        if (HasCodebooks)
        {
            foreach (KeyCodes codes in Codes)
            {
                codes.Truncate(coded == length ? length + promptTokens : coded);
            }
        }

        if (IsTraining)
        {
            Training!.Return(ref mark);
        }
    }

    /// <summary>Writes codes, and codebooks that are not those of a file.</summary>
    public void Save(StateBuffer target)
    {
        target.Write(_generations.Count);
        foreach (Generation generation in _generations)
        {
            target.Write(generation.TrainedLength);
            for (int head = 0; head < shape.KvHeads; head++)
            {
                if (Training is not null)
                {
                    generation.Codebooks[head].Save(target);
                }

                generation.Codes[head].Save(target);
            }
        }
    }

    /// <summary>Reads back what <see cref="Save"/> wrote.</summary>
    public void Load(ref StateReader source)
    {
        Codebook[]? given = Training is null ? Codebooks : null;
        int count = source.ReadCount(sizeof(int));
        if (given is not null && count != 1)
        {
            throw new InvalidDataException($"the state of an attention method has {count} codebooks of a file");
        }

        List<Generation> generations = [];
        for (int i = 0; i < count; i++)
        {
            int trainedLength = source.ReadInt32();
            Codebook[] codebooks = given ?? new Codebook[shape.KvHeads];
            KeyCodes[] codes = new KeyCodes[shape.KvHeads];
            for (int head = 0; head < shape.KvHeads; head++)
            {
                if (given is null)
                {
                    codebooks[head] = Codebook.Load(ref source, shape.HeadDimension);
                }

                codes[head] = KeyCodes.Load(ref source, codebooks[head].Count);
            }

            generations.Add(new Generation(trainedLength, codebooks, codes));
        }

        _generations.Clear();
        _generations.AddRange(generations);
    }

    /// <summary>Takes over the codes of another session, and its codebooks, which do not change.</summary>
    public void CopyFrom(A2atsLayer other)
    {
        _generations.Clear();
        foreach (Generation generation in other._generations)
        {
            Add(generation.TrainedLength, generation.Codebooks);
            for (int head = 0; head < Codes.Length; head++)
            {
                Codes[head].CopyFrom(generation.Codes[head]);
            }
        }
    }

    public Span<float> Keys(int count)
    {
        if (KeyMemory.Length < count)
        {
            KeyMemory = new float[count];
        }

        return KeyMemory.AsSpan(0, count);
    }

    public float[] ReadKeys(ComputeStream stream, Matrix keys)
    {
        stream.Read(keys, Keys(keys.Rows * keys.Columns));
        return KeyMemory;
    }

    public ReadOnlySpan<float> ReadQueries(in AttentionCall call)
    {
        Matrix queries = call.UnrotatedQueries!.Value;
        int count = queries.Rows * queries.Columns;
        if (_queries.Length < count)
        {
            _queries = new float[count];
        }

        call.Stream.Read(queries, _queries.AsSpan(0, count));
        return _queries.AsSpan(0, count);
    }

    /// <summary>Codebooks of all KV heads and the codes that refer to them.</summary>
    private sealed record Generation(int TrainedLength, Codebook[] Codebooks, KeyCodes[] Codes)
    {
        public Generation(int trainedLength, Codebook[] codebooks)
            : this(trainedLength, codebooks, Array.ConvertAll(codebooks, codebook => new KeyCodes(codebook.Count)))
        {
        }
    }
}
