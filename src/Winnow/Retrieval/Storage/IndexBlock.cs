using System.Buffers.Binary;
using System.Text;
using Winnow.Formats;

namespace Winnow.Retrieval.Storage;

/// <summary>A block of an index, read in place. Everything that sizes or offsets depend on is checked when it is opened.</summary>
internal sealed class IndexBlock
{
    private const int HeaderInts = 6;

    private readonly string _path;
    private readonly BlockBytes _bytes;
    private readonly Section _text;
    private readonly Section _tokenBytes;
    private readonly Section _unitStarts;
    private readonly Section _unitFlags;
    private readonly Section _unitWords;
    private readonly Section _wordEnds;
    private readonly Section _wordCounts;
    private readonly Section _wordListEnds;
    private readonly Section _wordBytes;
    private readonly Section _wordLists;
    private readonly FeatureSections[] _features;

    /// <summary>Opens a block.</summary>
    /// <param name="path">The file, for errors.</param>
    /// <param name="bytes">The block.</param>
    /// <param name="latents">Features of each autoencoder that the index was made with.</param>
    /// <exception cref="ModelFormatException">The bytes are no block, or their parts do not fit together.</exception>
    public IndexBlock(string path, BlockBytes bytes, IReadOnlyList<int> latents)
    {
        _path = path;
        _bytes = bytes;
        if (bytes.Length < HeaderInts * sizeof(int) || bytes.Values<int>(0, 1)[0] != BlockWriter.Magic)
        {
            throw Damaged("a block does not begin like one");
        }

        ReadOnlySpan<int> header = bytes.Values<int>(0, HeaderInts);
        (Tokens, Units, Characters, Words) = (header[1], header[2], header[3], header[4]);
        Check(Tokens is >= 0 and <= PostingList.MaxPositions && Units >= 0 && Units <= Tokens && Characters >= 0 && Words >= 0 && header[5] == latents.Count);
        int at = HeaderInts * sizeof(int);
        _text = Next(ref at, 1);
        _tokenBytes = Next(ref at, sizeof(ushort), Tokens);
        _unitStarts = Next(ref at, sizeof(ushort), Units);
        _unitFlags = Next(ref at, 1, Units);
        _unitWords = Next(ref at, sizeof(ushort), Units);
        _wordEnds = Next(ref at, sizeof(int));
        _wordCounts = Next(ref at, sizeof(int), _wordEnds.Count);
        _wordListEnds = Next(ref at, sizeof(int), _wordEnds.Count);
        _wordBytes = Next(ref at, 1);
        _wordLists = Next(ref at, 1);
        _features = new FeatureSections[latents.Count];
        for (int i = 0; i < latents.Count; i++)
        {
            Section present = Next(ref at, sizeof(int));
            _features[i] = new FeatureSections(present, Next(ref at, sizeof(int), present.Count), Next(ref at, sizeof(int), present.Count), Next(ref at, 1));
            CheckAscending(Ints(present), strictly: true, latents[i] - 1);
            CheckAscending(Ints(_features[i].Ends), strictly: false, _features[i].Lists.Count);
            foreach (int count in Ints(_features[i].Counts))
            {
                Check(count > 0 && count <= Tokens);
            }
        }

        Check(at == bytes.Length);
        CheckAscending(Ints(_wordEnds), strictly: true, _wordBytes.Count);
        CheckAscending(Ints(_wordListEnds), strictly: true, _wordLists.Count);
        CheckUnits();
        CheckText();
    }

    /// <summary>All of it, as it was written.</summary>
    public ReadOnlySpan<byte> Bytes => _bytes.Span;

    /// <summary>Tokens.</summary>
    public int Tokens { get; }

    /// <summary>Units: sentences and lines.</summary>
    public int Units { get; }

    /// <summary>UTF-16 units of the text.</summary>
    public int Characters { get; }

    /// <summary>Words of the text.</summary>
    public int Words { get; }

    /// <summary>The first token of each unit.</summary>
    public ReadOnlySpan<ushort> UnitStarts => _bytes.Values<ushort>(_unitStarts.Offset, Units);

    /// <summary>Words of each unit.</summary>
    public ReadOnlySpan<ushort> UnitWords => _bytes.Values<ushort>(_unitWords.Offset, Units);

    /// <summary>Whether a paragraph begins with a unit.</summary>
    public bool BeginsParagraph(int unit) => _bytes.Span[_unitFlags.Offset + unit] != 0;

    /// <summary>The text of some tokens and where it begins and ends in the block, in UTF-16 units.</summary>
    /// <param name="first">The first token.</param>
    /// <param name="end">The one after the last.</param>
    public (string Text, int Start) TextOf(int first, int end)
    {
        ReadOnlySpan<ushort> lengths = _bytes.Values<ushort>(_tokenBytes.Offset, Tokens);
        int start = 0;
        for (int token = 0; token < first; token++)
        {
            start += lengths[token];
        }

        int length = 0;
        for (int token = first; token < end; token++)
        {
            length += lengths[token];
        }

        ReadOnlySpan<byte> text = _bytes.Span.Slice(_text.Offset, _text.Count);
        // The last token's end is the text's end, whatever a tokenizer dropped there.
        ReadOnlySpan<byte> part = end == Tokens ? text[start..] : text.Slice(start, length);
        return (Encoding.UTF8.GetString(part), Encoding.UTF8.GetCharCount(text[..start]));
    }

    /// <summary>The list of a feature.</summary>
    /// <param name="autoencoder">Which autoencoder.</param>
    /// <param name="feature">Its feature.</param>
    /// <param name="count">Tokens that have it, also where the list was pruned.</param>
    /// <returns>Empty where no token has it, or nearly all.</returns>
    public ReadOnlySpan<byte> Postings(int autoencoder, int feature, out int count)
    {
        FeatureSections sections = _features[autoencoder];
        int at = Ints(sections.Present).BinarySearch(feature);
        if (at < 0)
        {
            count = 0;
            return [];
        }

        count = Ints(sections.Counts)[at];
        return Slice(sections.Ends, sections.Lists, at);
    }

    /// <summary>Bytes that the lists of features take.</summary>
    public long PostingBytes => _features.Sum(sections => (long)sections.Lists.Count + (3 * sizeof(int) * (long)sections.Present.Count));

    /// <summary>The units that hold a word: distances as in <see cref="PostingList"/>, each followed by the number of occurrences in a byte.</summary>
    /// <param name="word">In lower case, UTF-8.</param>
    /// <param name="units">How many units.</param>
    public ReadOnlySpan<byte> WordPostings(ReadOnlySpan<byte> word, out int units)
    {
        int low = 0;
        int high = _wordEnds.Count - 1;
        while (low <= high)
        {
            int middle = (low + high) / 2;
            int order = word.SequenceCompareTo(Slice(_wordEnds, _wordBytes, middle));
            if (order == 0)
            {
                units = Ints(_wordCounts)[middle];
                return Slice(_wordListEnds, _wordLists, middle);
            }

            (low, high) = order < 0 ? (low, middle - 1) : (middle + 1, high);
        }

        units = 0;
        return [];
    }

    /// <summary>An error about this block.</summary>
    public ModelFormatException Damaged(string problem) => new(_path, $"is damaged: {problem}");

    private ReadOnlySpan<int> Ints(Section section) => _bytes.Values<int>(section.Offset, section.Count);

    private ReadOnlySpan<byte> Slice(Section ends, Section data, int index)
    {
        ReadOnlySpan<int> all = Ints(ends);
        int start = index == 0 ? 0 : all[index - 1];
        return _bytes.Span.Slice(data.Offset + start, all[index] - start);
    }

    private Section Next(ref int at, int elementBytes, int? count = null)
    {
        Check(at <= _bytes.Length - sizeof(int));
        int length = BinaryPrimitives.ReadInt32LittleEndian(_bytes.Span[at..]);
        at += sizeof(int);
        Check(length >= 0 && length % elementBytes == 0 && length <= _bytes.Length - at && (count is null || length / elementBytes == count));
        Section section = new(at, length / elementBytes);
        at += (length + BlockWriter.Alignment - 1) & ~(BlockWriter.Alignment - 1);
        return section;
    }

    private void CheckAscending(ReadOnlySpan<int> values, bool strictly, int last)
    {
        int previous = strictly ? -1 : 0;
        foreach (int value in values)
        {
            Check(strictly ? value > previous : value >= previous);
            previous = value;
        }

        Check(values.IsEmpty || previous <= last);
    }

    private void CheckUnits()
    {
        int previous = -1;
        foreach (ushort start in UnitStarts)
        {
            Check(start > previous && start < Tokens);
            previous = start;
        }

        Check(Units == 0 ? Tokens == 0 : UnitStarts[0] == 0);
    }

    private void CheckText()
    {
        long total = 0;
        foreach (ushort length in _bytes.Values<ushort>(_tokenBytes.Offset, Tokens))
        {
            total += length;
        }

        Check(total <= _text.Count);
    }

    private void Check(bool condition)
    {
        if (!condition)
        {
            throw Damaged("the parts of a block do not fit together");
        }
    }

    private readonly record struct Section(int Offset, int Count);

    private readonly record struct FeatureSections(Section Present, Section Counts, Section Ends, Section Lists);
}
