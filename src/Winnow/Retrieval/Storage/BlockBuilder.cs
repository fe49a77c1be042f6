using System.Buffers;
using System.Text;
using Winnow.Retrieval.Lexical;

namespace Winnow.Retrieval.Storage;

/// <summary>Collects a part of a document and writes it as one block of an index: text, tokens, units, words and features.</summary>
/// <remarks>
/// A block holds at most 65,536 tokens, so that positions take two bytes, and so that the memory of a build depends on the block
/// and not on the document.
/// </remarks>
internal sealed class BlockBuilder
{
    private readonly ArrayBufferWriter<byte> _text = new();
    private readonly List<int> _tokens = [];
    private readonly List<ushort> _tokenBytes = [];
    private readonly List<ushort> _unitStarts = [];
    private readonly List<byte> _unitFlags = [];
    private readonly List<ushort> _unitWords = [];
    private readonly Dictionary<string, List<(int Unit, int Count)>> _words = new(StringComparer.Ordinal);
    private readonly Dictionary<string, List<(int Unit, int Count)>>.AlternateLookup<ReadOnlySpan<char>> _lookup;
    private readonly List<(int Start, bool BeginsParagraph)> _units = [];

    public BlockBuilder()
    {
        _lookup = _words.GetAlternateLookup<ReadOnlySpan<char>>();
    }

    /// <summary>The tokens so far.</summary>
    public IReadOnlyList<int> Tokens => _tokens;

    /// <summary>UTF-16 units of the text so far.</summary>
    public int Characters { get; private set; }

    /// <summary>Words of the text so far.</summary>
    public long WordCount { get; private set; }

    /// <summary>Units so far.</summary>
    public int UnitCount => _unitStarts.Count;

    /// <summary>Adds a piece of text.</summary>
    /// <param name="text">The piece; a unit begins with it.</param>
    /// <param name="ids">Its tokens.</param>
    /// <param name="characterEnds">Where each token ends in the piece, in characters, ascending.</param>
    public void Add(ReadOnlySpan<char> text, ReadOnlySpan<int> ids, ReadOnlySpan<int> characterEnds)
    {
        int firstToken = _tokens.Count;
        ArgumentOutOfRangeException.ThrowIfGreaterThan(firstToken + ids.Length, PostingList.MaxPositions, nameof(ids));
        _text.Write(Encoding.UTF8.GetBytes(text.ToArray()));
        Characters += text.Length;
        int start = 0;
        for (int i = 0; i < ids.Length; i++)
        {
            _tokens.Add(ids[i]);
            int end = characterEnds[i];
            _tokenBytes.Add(checked((ushort)Encoding.UTF8.GetByteCount(text[start..end])));
            start = end;
        }

        _units.Clear();
        TextUnits.Split(text, _units);
        int token = 0;
        for (int i = 0; i < _units.Count; i++)
        {
            // The first token that begins in the unit, or reaches into it; leading tokens without text belong to the first unit.
            while (i > 0 && token < ids.Length && characterEnds[token] <= _units[i].Start)
            {
                token++;
            }

            int end = i + 1 < _units.Count ? _units[i + 1].Start : text.Length;
            AddUnit(firstToken + token, ids.Length - token, _units[i].BeginsParagraph, text[_units[i].Start..end]);
        }
    }

    /// <summary>Writes the block.</summary>
    /// <param name="features">For each autoencoder, the features of the tokens, [tokens, active].</param>
    /// <param name="active">Active features of a token, for each autoencoder.</param>
    /// <param name="latents">Features, for each autoencoder.</param>
    /// <param name="pruneAbove">Features that more than this fraction of the tokens has lose their lists; their frequencies stay.</param>
    public byte[] Build(IReadOnlyList<int[]> features, IReadOnlyList<int> active, IReadOnlyList<int> latents, double pruneAbove)
    {
        BlockWriter writer = new();
        writer.Write(_tokens.Count, UnitCount, Characters, checked((int)WordCount), features.Count);
        writer.Section(_text.WrittenSpan);
        writer.Section<ushort>([.. _tokenBytes]);
        writer.Section<ushort>([.. _unitStarts]);
        writer.Section<byte>([.. _unitFlags]);
        writer.Section<ushort>([.. _unitWords]);
        WriteWords(writer);
        for (int i = 0; i < features.Count; i++)
        {
            WriteFeatures(writer, features[i].AsSpan(0, _tokens.Count * active[i]), active[i], latents[i], pruneAbove);
        }

        return writer.ToArray();
    }

    private void AddUnit(int firstToken, int tokensLeft, bool beginsParagraph, ReadOnlySpan<char> text)
    {
        // Several units may share a token, and a text may end in units without one.
        bool isNew = tokensLeft > 0 && (_unitStarts.Count == 0 || _unitStarts[^1] != firstToken);
        if (isNew)
        {
            _unitStarts.Add((ushort)firstToken);
            _unitFlags.Add(beginsParagraph ? (byte)1 : (byte)0);
            _unitWords.Add(0);
        }

        if (_unitStarts.Count == 0)
        {
            return;
        }

        int unit = _unitStarts.Count - 1;
        int count = 0;
        Words.Visit(text, word =>
        {
            count++;
            if (!_lookup.TryGetValue(word, out List<(int Unit, int Count)>? postings))
            {
                postings = [];
                _lookup[word] = postings;
            }

            if (postings.Count > 0 && postings[^1].Unit == unit)
            {
                postings[^1] = (unit, postings[^1].Count + 1);
            }
            else
            {
                postings.Add((unit, 1));
            }
        });
        _unitWords[unit] = (ushort)Math.Min(_unitWords[unit] + count, ushort.MaxValue);
        WordCount += count;
    }

    /// <summary>Words in ordinal order of their UTF-8 bytes; for each, its units and how often it occurs in them.</summary>
    private void WriteWords(BlockWriter writer)
    {
        (byte[] Bytes, List<(int Unit, int Count)> Postings)[] words =
            [.. _words.Select(word => (Encoding.UTF8.GetBytes(word.Key), word.Value))];
        Array.Sort(words, (a, b) => a.Bytes.AsSpan().SequenceCompareTo(b.Bytes));
        ArrayBufferWriter<byte> bytes = new();
        ArrayBufferWriter<byte> postings = new();
        List<int> wordEnds = [];
        List<int> counts = [];
        List<int> listEnds = [];
        foreach ((byte[] word, List<(int Unit, int Count)> list) in words)
        {
            bytes.Write(word);
            wordEnds.Add(bytes.WrittenCount);
            int previous = -1;
            foreach ((int unit, int count) in list)
            {
                Span<byte> target = postings.GetSpan(4);
                int written = PostingList.Write(target, previous, unit);
                target[written] = (byte)Math.Min(count, byte.MaxValue);
                postings.Advance(written + 1);
                previous = unit;
            }

            counts.Add(list.Count);
            listEnds.Add(postings.WrittenCount);
        }

        writer.Section<int>([.. wordEnds]);
        writer.Section<int>([.. counts]);
        writer.Section<int>([.. listEnds]);
        writer.Section(bytes.WrittenSpan);
        writer.Section(postings.WrittenSpan);
    }

    /// <summary>Two passes over the tokens, count and fill, make the lists of one autoencoder (compressed sparse rows).</summary>
    private static void WriteFeatures(BlockWriter writer, ReadOnlySpan<int> features, int active, int latents, double pruneAbove)
    {
        int tokens = features.Length / active;
        int[] frequency = new int[latents];
        int[] previous = new int[latents];
        int[] size = new int[latents];
        Array.Fill(previous, -1);
        for (int token = 0; token < tokens; token++)
        {
            foreach (int feature in features.Slice(token * active, active))
            {
                frequency[feature]++;
                size[feature] += PostingList.SizeOf(previous[feature], token);
                previous[feature] = token;
            }
        }

        List<int> present = [];
        List<int> counts = [];
        List<int> ends = [];
        int total = 0;
        int[] next = new int[latents];
        for (int feature = 0; feature < latents; feature++)
        {
            if (frequency[feature] == 0)
            {
                continue;
            }

            bool isPruned = frequency[feature] > pruneAbove * tokens;
            next[feature] = isPruned ? -1 : total;
            total += isPruned ? 0 : size[feature];
            present.Add(feature);
            counts.Add(frequency[feature]);
            ends.Add(total);
        }

        byte[] lists = new byte[total];
        Array.Fill(previous, -1);
        for (int token = 0; token < tokens; token++)
        {
            foreach (int feature in features.Slice(token * active, active))
            {
                if (next[feature] >= 0)
                {
                    next[feature] += PostingList.Write(lists.AsSpan(next[feature]), previous[feature], token);
                    previous[feature] = token;
                }
            }
        }

        writer.Section<int>([.. present]);
        writer.Section<int>([.. counts]);
        writer.Section<int>([.. ends]);
        writer.Section<byte>(lists);
    }
}
