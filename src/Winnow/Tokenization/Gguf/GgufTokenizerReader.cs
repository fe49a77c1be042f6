using Winnow.Formats;
using Winnow.Tokenization.Models;
using Winnow.Tokenization.Text;

namespace Winnow.Tokenization.Gguf;

/// <summary>Makes a tokenizer from the <c>tokenizer.ggml.*</c> keys of a GGUF file, with llama.cpp's defaults for absent ones.</summary>
internal sealed class GgufTokenizerReader
{
    private const string Prefix = "tokenizer.ggml.";
    private const string SupportedModels = "gpt2, gemma4, llama, bert, t5";

    private readonly GgufMetadata _metadata;
    private readonly string _path;
    private readonly string _modelName;
    private readonly Vocabulary _vocabulary;

    public GgufTokenizerReader(GgufMetadata metadata, string path)
    {
        _metadata = metadata;
        _path = path;
        _modelName = metadata.GetString(Prefix + "model");
        string[] texts = metadata.GetArrayOrNull<string>(Prefix + "tokens")
            ?? throw new ModelFormatException(path, $"metadata key '{Prefix}tokens' is missing (the vocabulary is needed)");
        _vocabulary = new Vocabulary(path, $"metadata key '{Prefix}tokens'", [.. texts], ReadTypes(texts.Length));
    }

    public Tokenizer Read() => _modelName switch
    {
        "gpt2" => ReadBpe(_metadata.GetStringOrNull(Prefix + "pre") is { Length: > 0 } pre ? pre : "default"),
        "gemma4" => ReadBpe("gemma4"),
        "llama" => ReadSentencePiece(),
        "bert" => ReadWordPiece(),
        "t5" => ReadUnigram(),
        _ => throw new ModelFormatException(
            _path, $"metadata key '{Prefix}model' is '{_modelName}', which is not supported; supported are {SupportedModels}"),
    };

    private Tokenizer ReadBpe(string preName)
    {
        if (!GgufPreTokenizers.TryGet(preName, out GgufPreTokenizer? pre))
        {
            throw new ModelFormatException(
                _path,
                $"metadata key '{Prefix}pre' is '{preName}', which is not supported; supported are {string.Join(", ", GgufPreTokenizers.Names)}");
        }

        (SpecialTokenIds ids, HashSet<int> ends) = Special(new SpecialTokenIds());
        ByteStringTable tokenBytes = pre.SpaceMarks ? _vocabulary.SpaceMarkTable() : _vocabulary.ByteLevelTable();
        ByteStringTable symbols = pre.SpaceMarks ? _vocabulary.TextTable() : _vocabulary.ByteLevelTextTable();
        int[] byteTokens = pre.SpaceMarks
            ? _vocabulary.ByteTokens(bareBytes: false)
            : [.. Enumerable.Range(0, 256).Select(b => symbols.Find([(byte)b]))];
        BpeModel model = new(symbols, ReadMerges(symbols, pre.SpaceMarks), _vocabulary.Count, byteTokens, new BpeOptions
        {
            Normalize = pre.SpaceMarks ? (text, _) => text.Replace(' ', Utf8Text.SpaceMark) : null,
            PreTokenizer = new PreTokenizer(pre.Steps()),
            ByteLevel = !pre.SpaceMarks,
            WholePieces = pre.IgnoreMerges ? WholePieces.Always : pre.IsGemma ? WholePieces.LineFeeds : WholePieces.Never,
        });
        return Build(model, tokenBytes, ids, ends, addBos: pre.AddBos, addEos: false, pre.IsGemma, dropsLeadingSpace: false);
    }

    private Tokenizer ReadSentencePiece()
    {
        (SpecialTokenIds ids, HashSet<int> ends) = Special(new SpecialTokenIds { Bos = 1, Eos = 2, Unknown = 0 });
        bool addSpacePrefix = _metadata.GetBoolOrNull(Prefix + "add_space_prefix") ?? true;
        SentencePieceModel model = new(
            _vocabulary.TextTable(), ReadScores(), _vocabulary.ByteTokens(bareBytes: true), ids.Unknown, addSpacePrefix);
        return Build(model, _vocabulary.SpaceMarkTable(), ids, ends, addBos: true, addEos: false, false, addSpacePrefix);
    }

    private Tokenizer ReadWordPiece()
    {
        (SpecialTokenIds ids, HashSet<int> ends) =
            Special(new SpecialTokenIds { Bos = 101, Unknown = 100, Separator = 102, Padding = 0, Mask = 103 });
        if (ids.Unknown is not int unknown || ids.Bos is not int bos || ids.Separator is not int separator)
        {
            throw new ModelFormatException(
                _path, $"the vocabulary of {_vocabulary.Count} tokens has no unknown, first or separator token: metadata keys "
                + $"'{Prefix}unknown_token_id', '{Prefix}bos_token_id' and '{Prefix}seperator_token_id' must name them");
        }

        bool lowercase = _metadata.GetBoolOrNull(Prefix + "normalizer.lowercase") ?? true;
        BertNormalizer normalizer = new()
        {
            Lowercase = lowercase,
            StripAccents = _metadata.GetBoolOrNull(Prefix + "normalizer.strip_accents") ?? lowercase,
            FirstOfDecomposition = true,
        };
        WordPieceModel model = new(
            _vocabulary.TextTable(), unknown, int.MaxValue, (text, _) => normalizer.Apply(text), new PreTokenizer(BertWords.Steps()));
        return new Tokenizer(Parts(model, _vocabulary.SpaceMarkTable(), ids, ends, [bos], [separator], dropsLeadingSpace: true));
    }

    private Tokenizer ReadUnigram()
    {
        (SpecialTokenIds ids, HashSet<int> ends) = Special(new SpecialTokenIds { Eos = 1, Unknown = 2, Padding = 0 });
        if (ids.Unknown is not int unknown)
        {
            throw new ModelFormatException(_path, $"metadata key '{Prefix}unknown_token_id' must name the unknown token");
        }

        bool addSpacePrefix = _metadata.GetBoolOrNull(Prefix + "add_space_prefix") ?? false;
        bool mergeSpaces = _metadata.GetBoolOrNull(Prefix + "remove_extra_whitespaces") ?? false;
        UnigramNormalizer normalizer = new(ReadCharacterMap(), addSpacePrefix, mergeSpaces);
        UnigramModel model = UnigramModel.Create(
            _vocabulary, ReadScores(), unknown, byteTokens: null, (text, _) => normalizer.Apply(text), preTokenizer: null);
        return Build(model, _vocabulary.SpaceMarkTable(), ids, ends, addBos: false, addEos: true, false, addSpacePrefix);
    }

    private Tokenizer Build(
        TokenizerModel model,
        ByteStringTable tokenBytes,
        SpecialTokenIds ids,
        HashSet<int> ends,
        bool addBos,
        bool addEos,
        bool alwaysBos,
        bool dropsLeadingSpace)
    {
        addBos = (_metadata.GetBoolOrNull(Prefix + "add_bos_token") ?? addBos) || alwaysBos;
        addEos = _metadata.GetBoolOrNull(Prefix + "add_eos_token") ?? addEos;
        int[] prefix = addBos && ids.Bos is int bos ? [bos] : [];
        int[] suffix = addEos && ids.Eos is int eos ? [eos] : [];
        return new Tokenizer(Parts(model, tokenBytes, ids, ends, prefix, suffix, dropsLeadingSpace));
    }

    private TokenizerParts Parts(
        TokenizerModel model,
        ByteStringTable tokenBytes,
        SpecialTokenIds ids,
        HashSet<int> ends,
        int[] prefix,
        int[] suffix,
        bool dropsLeadingSpace) => new()
        {
            Vocabulary = _vocabulary,
            TokenBytes = tokenBytes,
            Model = model,
            Ids = ids,
            Ends = ends,
            KeepsText = model is BpeModel or SentencePieceModel,
            SpecialTokens = SpecialTokens(),
            Prefix = prefix,
            Suffix = suffix,
            DropsLeadingSpace = dropsLeadingSpace,
        };

    /// <summary>The tokens that are recognized in text; which of them take white space along is known by the model's name only.</summary>
    private List<SpecialToken> SpecialTokens()
    {
        string pre = _metadata.GetStringOrNull(Prefix + "pre") ?? "";
        string architecture = _metadata.GetStringOrNull("general.architecture") ?? "";
        string name = (_metadata.GetStringOrNull("general.name") ?? "").ToUpperInvariant();
        bool jina = pre.Contains("jina-v2-de", StringComparison.Ordinal) || pre.Contains("jina-v2-es", StringComparison.Ordinal)
            || pre.Contains("jina-v2-code", StringComparison.Ordinal) || architecture is "nomic-bert-moe" or "jina-bert-v3";
        bool phi3 = !jina && (name.Contains("PHI-3", StringComparison.Ordinal) || name.Contains("PHI3", StringComparison.Ordinal));
        bool modernBert = !jina && !phi3 && name.Contains("MODERN-BERT", StringComparison.Ordinal);
        List<SpecialToken> tokens = [];
        for (int id = 0; id < _vocabulary.Count; id++)
        {
            if (_vocabulary.Type(id) is TokenType.Control or TokenType.Unknown or TokenType.UserDefined)
            {
                string text = _vocabulary.Text(id);
                tokens.Add(new SpecialToken(id, text, _vocabulary.Type(id) != TokenType.UserDefined)
                {
                    StripLeft = (jina && text == "<mask>") || (modernBert && text == "[MASK]"),
                    StripRight = phi3 && text is not ("<unk>" or "<s>" or "<|endoftext|>"),
                });
            }
        }

        return tokens;
    }

    /// <summary>The ids with a role: those that the file names, else the defaults; what lies outside the vocabulary does not count.</summary>
    private (SpecialTokenIds Ids, HashSet<int> Ends) Special(SpecialTokenIds defaults)
    {
        SpecialTokenIds ids = new()
        {
            Bos = Id("bos_token_id") ?? (_modelName == "bert" ? Id("cls_token_id") : null) ?? Known(defaults.Bos),
            Eos = Id("eos_token_id") ?? Known(defaults.Eos),
            Eot = Id("eot_token_id"),
            Eom = Id("eom_token_id"),
            Unknown = Id("unknown_token_id") ?? Known(defaults.Unknown),
            Separator = Id("seperator_token_id") ?? Known(defaults.Separator), // the format's own spelling
            Padding = Id("padding_token_id") ?? Known(defaults.Padding),
            Mask = Id("mask_token_id") ?? Known(defaults.Mask),
        };
        int?[] named = [Id("fim_pad_token_id"), Id("fim_rep_token_id"), Id("fim_sep_token_id")];
        return EndOfGeneration.Detect(_vocabulary, ids, named.OfType<int>());

        int? Known(int? id) => id < _vocabulary.Count ? id : null;

        int? Id(string key)
        {
            // Files write "none" as -1 in 32 unsigned bits, among others.
            return _metadata.TryGet(Prefix + key, out object? value) && value is uint or ulong or long
                ? Convert.ToDecimal(value, null) is >= 0 and var wide && wide < _vocabulary.Count ? (int)wide : null
                : Known(_metadata.GetInt32OrNull(Prefix + key) is >= 0 and int id ? id : null);
        }
    }

    private TokenType[] ReadTypes(int count)
    {
        const string Key = Prefix + "token_type";
        TokenType[] types = new TokenType[count];
        Array.Fill(types, TokenType.Normal);
        if (_metadata.TryGet(Key, out object? value))
        {
            int[] numbers = value is uint[] unsigned && value.GetType() == typeof(uint[])
                ? Array.ConvertAll(unsigned, number => unchecked((int)number))
                : _metadata.GetArrayOrNull<int>(Key)!;
            RequireLength(Key, numbers.Length, count);
            for (int id = 0; id < count; id++)
            {
                types[id] = numbers[id] is >= 0 and <= (int)TokenType.Byte ? (TokenType)numbers[id] : TokenType.Undefined;
            }
        }

        return types;
    }

    private float[] ReadScores()
    {
        const string Key = Prefix + "scores";
        float[]? scores = _metadata.GetArrayOrNull<float>(Key);
        if (scores is null)
        {
            return new float[_vocabulary.Count];
        }

        RequireLength(Key, scores.Length, _vocabulary.Count);
        int bad = scores.AsSpan().IndexOf(float.NaN);
        return bad < 0 ? scores : throw new ModelFormatException(_path, $"metadata key '{Key}' has NaN at {bad}, but must have numbers");
    }

    private void RequireLength(string key, int found, int needed)
    {
        if (found < needed)
        {
            throw new ModelFormatException(_path, $"metadata key '{key}' has {found} values, but there are {needed} tokens");
        }
    }

    private BpeMerges ReadMerges(ByteStringTable symbols, bool spaceMarks)
    {
        const string Key = Prefix + "merges";
        string[] lines = _metadata.GetArrayOrNull<string>(Key)
            ?? throw new ModelFormatException(_path, $"metadata key '{Key}' is missing (a BPE vocabulary needs its merges)");
        BpeMergeReader reader = new(symbols, byteLevel: !spaceMarks, lines.Length);
        for (int rank = 0; rank < lines.Length; rank++)
        {
            int space = lines[rank].Length > 1 ? lines[rank].IndexOf(' ', 1) : -1;
            if (space < 0)
            {
                throw new ModelFormatException(
                    _path, $"metadata key '{Key}' has '{lines[rank]}' at {rank}, but must have two parts with a space between");
            }

            reader.Add(lines[rank].AsSpan(0, space), lines[rank].AsSpan(space + 1), rank);
        }

        return reader.Merges;
    }

    private CharacterMap? ReadCharacterMap()
    {
        const string Key = Prefix + "precompiled_charsmap";
        if (!_metadata.TryGet(Key, out object? value))
        {
            return null;
        }

        byte[] bytes = value is sbyte[] signed && value.GetType() == typeof(sbyte[])
            ? Array.ConvertAll(signed, b => unchecked((byte)b))
            : _metadata.GetArrayOrNull<byte>(Key)!;
        return CharacterMap.Read(bytes)
            ?? throw new ModelFormatException(_path, $"metadata key '{Key}' has {bytes.Length} bytes that are no character map");
    }
}
