using Winnow.Compute;
using Winnow.Compute.Host.Selection;

namespace Winnow.Attention.A2ats;

/// <summary>What A²ATS remembers of a layer: the codebooks in use, the ones before them, and the codes of each.</summary>
internal sealed class A2atsLayer
{
    private readonly AttentionShape _shape;
    private readonly RopeFrequencies? _rope;
    private readonly int _far;
    private readonly RowSelector _selector;
    private readonly List<Generation> _generations = [];

    /// <param name="shape">The layer's heads.</param>
    /// <param name="rope">The layer's rotation; null where there is none.</param>
    /// <param name="far">The distance at which far tokens are scored.</param>
    /// <param name="codebooks">Those of a file, one per KV head; null where the session makes them.</param>
    /// <param name="selector">Keeps the codes.</param>
    public A2atsLayer(AttentionShape shape, RopeFrequencies? rope, int far, Codebook[]? codebooks, RowSelector selector)
    {
        _shape = shape;
        _rope = rope;
        _far = far;
        _selector = selector;
        if (codebooks is null)
        {
            Sums = selector.CreateSums(shape, rope, far);
        }
        else
        {
            _generations.Add(new Generation(0, selector.CreateCodes(shape, rope, far, codebooks)));
        }
    }

    /// <summary>What codebooks are made from, beside keys; null where they come from a file.</summary>
    public QuerySums? Sums { get; }

    /// <summary>Whether codebooks may still be made.</summary>
    public bool IsTraining => Sums is not null && !OnlineCodebooks.IsFinal(TrainedLength);

    /// <summary>Tokens that the codebooks in use were made from; 0 before there are any.</summary>
    public int TrainedLength => HasCodebooks ? _generations[^1].TrainedLength : 0;

    /// <summary>The codes in use.</summary>
    public CodedKeys Codes => _generations[^1].Codes;

    public bool HasCodebooks => _generations.Count > 0;

    /// <summary>Tokens that have codes.</summary>
    public int Length => HasCodebooks ? Codes.Length : 0;

    /// <summary>Bytes of all codes, and of the codebooks that are kept only to come back to them.</summary>
    public long SizeBytes =>
        _generations.Sum(generation => generation.Codes.SizeBytes)
        + _generations.SkipLast(1).Sum(generation => generation.Codes.CodebookBytes);

    /// <summary>Makes room for codebooks that are to be made from so many tokens, and takes them into use.</summary>
    public CodedKeys Add(int trainedLength)
    {
        CodedKeys codes = _selector.CreateCodes(_shape, _rope, _far, codebooks: null);
        _generations.Add(new Generation(trainedLength, codes));
        return codes;
    }

    /// <summary>Gives up the codebooks in use, and goes back to those before them.</summary>
    public void RemoveNewest()
    {
        _generations[^1].Codes.Dispose();
        _generations.RemoveAt(_generations.Count - 1);
    }

    /// <summary>Writes down how many codebooks and codes there are.</summary>
    public void Mark(StateBuffer mark)
    {
        mark.Write(_generations.Count);
        mark.Write(Length);
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

        while (_generations.Count > generations)
        {
            RemoveNewest();
        }

        if (HasCodebooks)
        {
            Codes.Truncate(coded == length ? length + promptTokens : coded);
        }
    }

    /// <summary>Writes codes, and codebooks that are not those of a file.</summary>
    public void Save(StateBuffer target)
    {
        target.Write(_generations.Count);
        foreach (Generation generation in _generations)
        {
            target.Write(generation.TrainedLength);
            generation.Codes.Save(target);
        }
    }

    /// <summary>Reads back what <see cref="Save"/> wrote.</summary>
    /// <param name="source">A saved session may be of any origin.</param>
    /// <param name="length">Tokens of that session.</param>
    public void Load(ref StateReader source, int length)
    {
        int count = source.ReadCount(sizeof(int));
        if (Sums is null && count != 1)
        {
            throw new InvalidDataException($"the state of an attention method has {count} codebooks of a file");
        }

        for (int i = 0; i < count; i++)
        {
            int trainedLength = source.ReadInt32();
            if (trainedLength < TrainedLength || trainedLength > length)
            {
                throw new InvalidDataException($"the state of an attention method has codebooks made from {trainedLength} of {length} tokens");
            }

            (Sums is null ? Codes : Add(trainedLength)).Load(ref source, length);
        }
    }

    /// <summary>Takes over the codes of another session, and its codebooks, which do not change.</summary>
    public void CopyFrom(A2atsLayer other)
    {
        foreach (Generation generation in other._generations)
        {
            (Sums is null ? Codes : Add(generation.TrainedLength)).CopyFrom(generation.Codes);
        }
    }

    /// <summary>Codebooks of all KV heads and the codes that refer to them.</summary>
    private sealed record Generation(int TrainedLength, CodedKeys Codes);
}
