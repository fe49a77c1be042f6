using System.Diagnostics.CodeAnalysis;
using System.Text;
using Winnow.Tokenization.Models;
using Winnow.Tokenization.Text;

namespace Winnow.Tokenization;

/// <summary>Turns text into the token ids of a model and back. Immutable, and safe for concurrent use.</summary>
/// <remarks>
/// Text is taken as text: a control token that is spelled out in it (<c>&lt;|im_end|&gt;</c>) becomes ordinary tokens,
/// unless the caller asks for control tokens to be parsed, as is right for a rendered chat template and for nothing that
/// a user wrote.
/// </remarks>
public sealed class Tokenizer
{
    private readonly TokenizerParts _parts;
    private readonly Vocabulary _vocabulary;
    private readonly ByteStringTable _bytes;
    private readonly TokenizerModel _model;
    private readonly SpecialTokenIds _ids;
    private readonly HashSet<int> _ends;
    private readonly SpecialTokenPartition _partition;
    private readonly int[] _prefix;
    private readonly int[] _suffix;
    private readonly Lazy<int> _longestToken;

    internal Tokenizer(TokenizerParts parts)
    {
        _parts = parts;
        _vocabulary = parts.Vocabulary;
        _bytes = parts.TokenBytes;
        _model = parts.Model;
        _ids = parts.Ids;
        _ends = parts.Ends;
        _partition = new SpecialTokenPartition(parts.SpecialTokens);
        _prefix = parts.Prefix;
        _suffix = parts.Suffix;
        DropsLeadingSpace = parts.DropsLeadingSpace;
        _longestToken = new Lazy<int>(FindLongestToken);
    }

    /// <summary>A stand-in for a model that comes without a vocabulary: tokens have no text, and no text has tokens.</summary>
    /// <param name="size">How many tokens the model has.</param>
    /// <param name="path">The model, for the error of whoever brings a text.</param>
    internal static Tokenizer WithoutVocabulary(int size, string path) => new(new TokenizerParts
    {
        Vocabulary = Vocabulary.Unused.Padded(size),
        TokenBytes = new ByteStringTable(0),
        Model = new MissingModel(path),
        Ids = new SpecialTokenIds(),
        Ends = [],
        SpecialTokens = [],
        Prefix = [],
        Suffix = [],
        DropsLeadingSpace = false,
    });

    /// <summary>How many tokens there are; ids go from 0 to one less.</summary>
    public int VocabularySize => _vocabulary.Count;

    /// <summary>The token that begins a text, where the model has one.</summary>
    public int? BosId => _ids.Bos;

    /// <summary>The token that ends a text.</summary>
    public int? EosId => _ids.Eos;

    /// <summary>The token that ends a turn of a chat.</summary>
    public int? EotId => _ids.Eot;

    /// <summary>The token that ends a message within a turn (Llama 3.1).</summary>
    public int? EomId => _ids.Eom;

    /// <summary>The token that stands for text that the vocabulary cannot write.</summary>
    public int? UnknownId => _ids.Unknown;

    /// <summary>The token that separates two texts (BERT).</summary>
    public int? SeparatorId => _ids.Separator;

    /// <summary>The token that fills up batches.</summary>
    public int? PaddingId => _ids.Padding;

    /// <summary>The token that hides a word (BERT).</summary>
    public int? MaskId => _ids.Mask;

    /// <summary>Whether the model expects <see cref="BosId"/> in front of a text.</summary>
    public bool AddBos => BosId is int bos && _prefix.Contains(bos);

    /// <summary>Whether the model expects <see cref="EosId"/> after a text.</summary>
    public bool AddEos => EosId is int eos && _suffix.Contains(eos);

    /// <summary>Whether decoding drops one space at the start of a text, since encoding puts it there.</summary>
    internal bool DropsLeadingSpace { get; }

    /// <summary>
    /// The least tokens that a text can have, found from its length alone: a text that is far too long for a context can be refused
    /// without the memory and time that it takes to tokenize it. 0 where the vocabulary tells nothing about it.
    /// </summary>
    public int LeastTokens(string text)
    {
        ArgumentNullException.ThrowIfNull(text);
        return _longestToken.Value is > 0 and int longest ? (int)((text.Length + longest - 1L) / longest) : 0;
    }

    /// <summary>Turns a text into ids.</summary>
    /// <param name="text">The text; an unpaired surrogate counts as U+FFFD.</param>
    /// <param name="addSpecial">
    /// Whether the tokens that the model expects around a text are added (see <see cref="AddBos"/>, <see cref="AddEos"/>).
    /// </param>
    /// <param name="parseSpecial">Whether control tokens that are spelled out in the text become these tokens.</param>
    /// <param name="cancellationToken">Gives up on a long text.</param>
    /// <exception cref="WinnowException">The vocabulary's own expressions take too long on the text, or make far more of it.</exception>
    /// <exception cref="OperationCanceledException">The caller gave up.</exception>
    public int[] Encode(string text, bool addSpecial = false, bool parseSpecial = false, CancellationToken cancellationToken = default)
    {
        ArgumentNullException.ThrowIfNull(text);
        List<int> output = new((text.Length / 3) + 8);
        Encode(text, output, addSpecial, parseSpecial, cancellationToken);
        return [.. output];
    }

    /// <summary>Appends the ids of a text to a list.</summary>
    /// <inheritdoc cref="Encode(string, bool, bool, CancellationToken)"/>
    public void Encode(
        string text, List<int> output, bool addSpecial = false, bool parseSpecial = false, CancellationToken cancellationToken = default)
    {
        ArgumentNullException.ThrowIfNull(text);
        Encode(text.AsMemory(), output, addSpecial, parseSpecial, [], cancellationToken);
    }

    /// <summary>Appends the ids of a text to a list.</summary>
    /// <inheritdoc cref="Encode(string, bool, bool, CancellationToken)"/>
    public void Encode(
        ReadOnlySpan<char> text, List<int> output, bool addSpecial = false, bool parseSpecial = false, CancellationToken cancellationToken = default) =>
        Encode(text.ToString().AsMemory(), output, addSpecial, parseSpecial, [], cancellationToken);

    /// <summary>Turns ids into text; bytes that are no valid UTF-8 become U+FFFD.</summary>
    /// <param name="ids">The tokens.</param>
    /// <param name="skipSpecial">Whether control tokens are left out; otherwise they are written by their names.</param>
    /// <exception cref="ArgumentOutOfRangeException">An id is none of the vocabulary.</exception>
    public string Decode(IEnumerable<int> ids, bool skipSpecial = true)
    {
        ArgumentNullException.ThrowIfNull(ids);
        IncrementalDetokenizer detokenizer = new(this, skipSpecial);
        StringBuilder text = new();
        foreach (int id in ids)
        {
            text.Append(detokenizer.Append(id));
        }

        return text.Append(detokenizer.Flush()).ToString();
    }

    /// <summary>The bytes that a token stands for, which may be a part of a character; for a control token, its name.</summary>
    /// <exception cref="ArgumentOutOfRangeException">The id is none of the vocabulary.</exception>
    public ReadOnlySpan<byte> TokenBytes(int id) => Checked(id) < _bytes.Count ? _bytes[id] : [];

    /// <summary>A token as the vocabulary writes it (<c>Ġthe</c>, <c>▁the</c>).</summary>
    /// <exception cref="ArgumentOutOfRangeException">The id is none of the vocabulary.</exception>
    public string TokenText(int id) => _vocabulary.Text(Checked(id));

    /// <summary>Finds a token by what <see cref="TokenText"/> says.</summary>
    public bool TryGetId(string text, out int id)
    {
        ArgumentNullException.ThrowIfNull(text);
        int? found = _vocabulary.Find(text);
        id = found ?? -1;
        return found is not null;
    }

    /// <summary>Whether a token steers the model and is no text: never made of text unless asked, hidden when decoding.</summary>
    /// <exception cref="ArgumentOutOfRangeException">The id is none of the vocabulary.</exception>
    public bool IsControl(int id) => !_vocabulary.IsText(Checked(id));

    /// <summary>Whether a model that writes this token has ended its text or turn.</summary>
    public bool IsEndOfGeneration(int id) => _ends.Contains(id);

    /// <summary>The same with at least <paramref name="size"/> tokens: a model's table may have rows that no token uses, and random weights choose them.</summary>
    internal Tokenizer Padded(int size) => size <= VocabularySize ? this : new Tokenizer(_parts with { Vocabulary = _vocabulary.Padded(size) });

    /// <summary>Appends the ids of a text whose control tokens are parsed, but for those that share a character with a foreign part.</summary>
    /// <param name="text">The text.</param>
    /// <param name="foreign">Parts that somebody else wrote than who wrote the control tokens, in order.</param>
    /// <param name="output">The list.</param>
    /// <param name="cancellation">Gives up on a long text.</param>
    internal void Encode(string text, IReadOnlyList<(int Start, int End)> foreign, List<int> output, CancellationToken cancellation) =>
        Encode(text.AsMemory(), output, addSpecial: false, parseSpecial: true, foreign, cancellation);

    private void Encode(
        ReadOnlyMemory<char> text,
        List<int> output,
        bool addSpecial,
        bool parseSpecial,
        IReadOnlyList<(int Start, int End)> foreign,
        CancellationToken cancellation)
    {
        ArgumentNullException.ThrowIfNull(output);
        if (addSpecial)
        {
            output.AddRange(_prefix);
        }

        text = Utf8Text.WellFormed(text);
        foreach (SpecialTokenPartition.Fragment fragment in _partition.Split(text.Span, parseSpecial, foreign))
        {
            if (fragment.TokenId >= 0)
            {
                output.Add(fragment.TokenId);
            }
            else
            {
                _model.Encode(text.Slice(fragment.Start, fragment.Length), fragment.Start == 0, output, cancellation);
            }
        }

        if (addSpecial)
        {
            output.AddRange(_suffix);
        }
    }

    /// <summary>The most bytes of a token, where no byte of a text is lost; else 0.</summary>
    private int FindLongestToken()
    {
        int longest = 0;
        HashSet<byte> single = [];
        for (int id = 0; id < _bytes.Count; id++)
        {
            longest = Math.Max(longest, _bytes[id].Length);
            if (_bytes[id].Length == 1)
            {
                single.Add(_bytes[id][0]);
            }
        }

        bool losesSpace = _parts.SpecialTokens.Any(token => token.StripLeft || token.StripRight);
        return _parts.KeepsText && single.Count == 256 && !losesSpace ? longest : 0;
    }

    private int Checked(int id)
    {
        if ((uint)id >= (uint)VocabularySize)
        {
            ThrowOutOfRange(id);
        }

        return id;
    }

    [DoesNotReturn]
    private void ThrowOutOfRange(int id) =>
        throw new ArgumentOutOfRangeException(nameof(id), id, $"the vocabulary has tokens 0 to {VocabularySize - 1}");

    private sealed class MissingModel(string path) : TokenizerModel
    {
        public override void Encode(ReadOnlyMemory<char> text, bool startOfText, List<int> output, CancellationToken cancellation) =>
            throw new WinnowException($"{path}: has no vocabulary, so it takes token ids and no text");
    }
}
