using System.Globalization;
using System.Text.Json;
using Winnow.Tokenization.Models;
using Winnow.Tokenization.Text;

namespace Winnow.Tokenization.HuggingFace;

/// <summary>Makes a tokenizer from the files of a Hugging Face directory.</summary>
internal sealed class HuggingFaceTokenizerReader
{
    // Ids are indices; a file that names a huge one, or one far from all others, must not make us allocate for it.
    private const int MaxVocabularySize = 1 << 22;
    private const int MaxUnusedIds = 1 << 16;

    private readonly string _path;
    private readonly TokenizerJson _json;
    private readonly JsonElement _root;
    private readonly JsonElement _model;
    private readonly string _modelType;
    private readonly HuggingFaceSpecialTokens _specials;
    private readonly Vocabulary _vocabulary;
    private readonly float[] _scores;

    public HuggingFaceTokenizerReader(string directory)
    {
        _path = Path.Combine(directory, "tokenizer.json");
        _json = new TokenizerJson(_path);
        _root = TokenizerJson.Open(_path) ?? throw _json.Error("the file is missing; a tokenizer in another format must be converted to it");
        _model = TokenizerJson.Optional(_root, "model");
        _modelType = TokenizerJson.Optional(_model, "type").ValueKind == JsonValueKind.Undefined && _model.ValueKind == JsonValueKind.Object
            && _model.TryGetProperty("merges", out _) ? "BPE" : _json.Text(_model, "type");
        _specials = new HuggingFaceSpecialTokens(directory, _json, _root);
        (_vocabulary, _scores) = ReadVocabulary();
    }

    public Tokenizer Read()
    {
        HuggingFacePreTokenizers preTokenizers = new(_json);
        TextTransform? normalize = new HuggingFaceNormalizers(_json).Read(TokenizerJson.Optional(_root, "normalizer"));
        PreTokenizer? preTokenizer = preTokenizers.Read(TokenizerJson.Optional(_root, "pre_tokenizer"));
        SpecialToken[] inNormalized = [.. _specials.Recognized(_vocabulary, normalize, inNormalized: true)];
        TextTransform? whole = normalize;
        normalize = inNormalized.Length > 0 ? null : normalize;
        (SpecialTokenIds ids, HashSet<int> ends) = EndOfGeneration.Detect(_vocabulary, _specials.Ids(_vocabulary), _specials.NamedEnds(_vocabulary));
        TokenizerModel model = _modelType switch
        {
            "BPE" => ReadBpe(normalize, preTokenizer, preTokenizers.IsByteLevel),
            "WordPiece" => ReadWordPiece(normalize, preTokenizer),
            _ => UnigramModel.Create(
                _vocabulary,
                _scores,
                UnknownId() ?? throw _json.Error("a Unigram model needs 'unk_id'"),
                _json.Flag(_model, "byte_fallback", false) ? CompleteByteTokens() : null,
                normalize,
                preTokenizer),
        };
        model = inNormalized.Length > 0 ? new NormalizedTokensModel(whole!, new SpecialTokenPartition(inNormalized), model) : model;
        (int[] prefix, int[] suffix) = _specials.Surroundings(_vocabulary, ids);
        return new Tokenizer(new TokenizerParts
        {
            Vocabulary = _vocabulary,
            TokenBytes = preTokenizers.IsByteLevel ? _vocabulary.ByteLevelTable() : _vocabulary.SpaceMarkTable(),
            Model = model,
            Ids = ids,
            Ends = ends,
            KeepsText = preTokenizers.IsByteLevel && whole is null,
            SpecialTokens = _specials.Recognized(_vocabulary, whole, inNormalized: false),
            Prefix = prefix,
            Suffix = suffix,
            DropsLeadingSpace = _modelType == "WordPiece" || DropsLeadingSpace(TokenizerJson.Optional(_root, "decoder")),
        });
    }

    private BpeModel ReadBpe(TextTransform? normalize, PreTokenizer? preTokenizer, bool byteLevel)
    {
        foreach (string name in (string[])["continuing_subword_prefix", "end_of_word_suffix"])
        {
            JsonElement affix = TokenizerJson.Optional(_model, name);
            if (affix.ValueKind == JsonValueKind.String && _json.TextOf(affix, $"'{name}'").Length > 0)
            {
                throw _json.Error($"a BPE model with '{name}' is not supported");
            }
        }

        ByteStringTable symbols = byteLevel ? _vocabulary.ByteLevelTextTable() : _vocabulary.TextTable();
        int[] byteTokens = new int[256];
        if (byteLevel)
        {
            for (int b = 0; b < 256; b++)
            {
                byteTokens[b] = symbols.Find([(byte)b]);
            }
        }
        else if (_json.Flag(_model, "byte_fallback", false))
        {
            byteTokens = _vocabulary.ByteTokens(bareBytes: false);
        }
        else
        {
            Array.Fill(byteTokens, -1);
        }

        return new BpeModel(symbols, ReadMerges(symbols, byteLevel), _vocabulary.Count, byteTokens, new BpeOptions
        {
            Normalize = normalize,
            PreTokenizer = preTokenizer,
            ByteLevel = byteLevel,
            WholePieces = _json.Flag(_model, "ignore_merges", false) ? WholePieces.Always : WholePieces.Never,
            UnknownId = UnknownId(),
            FuseUnknown = _json.Flag(_model, "fuse_unk", false),
        });
    }

    private BpeMerges ReadMerges(ByteStringTable symbols, bool byteLevel)
    {
        BpeMergeReader reader = new(symbols, byteLevel, _vocabulary.Count);
        int rank = 0;
        foreach (JsonElement merge in _json.Items(_model, "merges"))
        {
            string left;
            string right;
            if (merge.ValueKind == JsonValueKind.Array && merge.GetArrayLength() == 2)
            {
                left = _json.TextOf(merge[0], $"merge {rank}");
                right = _json.TextOf(merge[1], $"merge {rank}");
            }
            else
            {
                string line = _json.TextOf(merge, $"merge {rank}");
                int space = line.Length > 1 ? line.IndexOf(' ', 1) : -1;
                (left, right) = space > 0
                    ? (line[..space], line[(space + 1)..])
                    : throw _json.Error($"merge {rank} is '{line}', but must have two parts");
            }

            foreach (string part in (string[])[left, right, left + right])
            {
                if (_vocabulary.Find(part) is null)
                {
                    throw _json.Error($"merge {rank} is '{left} {right}', but the vocabulary has no '{part}'");
                }
            }

            reader.Add(left, right, rank++);
        }

        return reader.Merges;
    }

    /// <summary>WordPiece with the marks of GGUF: ▁ in front of what begins a word, nothing in front of what continues one.</summary>
    private WordPieceModel ReadWordPiece(TextTransform? normalize, PreTokenizer? preTokenizer)
    {
        JsonElement limit = TokenizerJson.Optional(_model, "max_input_chars_per_word");
        return new WordPieceModel(
            _vocabulary.TextTable(),
            UnknownId() ?? throw _json.Error("a WordPiece model needs 'unk_token'"),
            limit.ValueKind == JsonValueKind.Undefined ? 100 : _json.Id(limit, "'max_input_chars_per_word'"),
            normalize,
            preTokenizer ?? throw _json.Error("a WordPiece model needs a 'pre_tokenizer'"));
    }

    private int? UnknownId()
    {
        JsonElement id = TokenizerJson.Optional(_model, "unk_id");
        if (id.ValueKind == JsonValueKind.Number)
        {
            int number = _json.Id(id, "'unk_id'");
            return number < _vocabulary.Count
                ? number
                : throw _json.Error($"'unk_id' is {number}, but the vocabulary has {_vocabulary.Count} tokens");
        }

        JsonElement token = TokenizerJson.Optional(_model, "unk_token");
        if (token.ValueKind != JsonValueKind.String)
        {
            return null;
        }

        string text = _json.TextOf(token, "'unk_token'");
        return _vocabulary.Find(text) ?? (_modelType == "WordPiece" ? _vocabulary.Find(Utf8Text.SpaceMark + text) : null)
            ?? throw _json.Error($"'unk_token' is '{text}', which the vocabulary does not have");
    }

    private int[] CompleteByteTokens()
    {
        int[] tokens = _vocabulary.ByteTokens(bareBytes: false);
        int missing = Array.IndexOf(tokens, -1);
        return missing < 0 ? tokens : throw _json.Error($"'byte_fallback' is true, but the vocabulary has no '<0x{missing:X2}>'");
    }

    private (Vocabulary Vocabulary, float[] Scores) ReadVocabulary()
    {
        Dictionary<int, string> texts = [];
        List<float> scores = [];
        JsonElement vocab = TokenizerJson.Optional(_model, "vocab");
        switch (_modelType)
        {
            case "BPE" or "WordPiece" when vocab.ValueKind == JsonValueKind.Object:
                foreach (JsonProperty token in vocab.EnumerateObject())
                {
                    AddToken(texts, _json.Id(token.Value, $"the id of '{token.Name}'"), token.Name);
                }

                break;
            case "Unigram" when vocab.ValueKind == JsonValueKind.Array:
                foreach (JsonElement piece in vocab.EnumerateArray())
                {
                    if (piece.ValueKind != JsonValueKind.Array || piece.GetArrayLength() != 2
                        || piece[1].ValueKind != JsonValueKind.Number || !piece[1].TryGetSingle(out float score))
                    {
                        throw _json.Error($"piece {texts.Count} of the vocabulary must be a text and a score");
                    }

                    scores.Add(score);
                    AddToken(texts, texts.Count, _json.TextOf(piece[0], $"piece {texts.Count}"));
                }

                break;
            default:
                throw _modelType is "BPE" or "WordPiece" or "Unigram"
                    ? _json.Error($"'vocab' of the {_modelType} model is {vocab.ValueKind}")
                    : _json.Unsupported("model", _modelType, "BPE, WordPiece, Unigram");
        }

        _specials.KeepThoseThatFit(texts);
        foreach (HuggingFaceSpecialTokens.AddedToken added in _specials.Added)
        {
            if (!texts.TryGetValue(added.Id, out string? known))
            {
                AddToken(texts, added.Id, added.Text);
            }
            else if (known != added.Text)
            {
                throw _json.Error($"added token '{added.Text}' has the id {added.Id}, which is '{known}' in the vocabulary");
            }
        }

        int count = texts.Count == 0 ? 0 : texts.Keys.Max() + 1;
        if (count > texts.Count + MaxUnusedIds)
        {
            throw _json.Error(string.Create(CultureInfo.InvariantCulture, $"token '{texts[count - 1]}' has the id {count - 1}, but there are {texts.Count} tokens"));
        }

        string[] byId = new string[count];
        TokenType[] types = new TokenType[count];
        Array.Fill(byId, "");
        Array.Fill(types, TokenType.Unused);
        bool byteFallback = _json.Flag(_model, "byte_fallback", false);
        foreach ((int id, string text) in texts)
        {
            byId[id] = text;
            types[id] = byteFallback && Vocabulary.TryParseByte(text, out _) ? TokenType.Byte : TokenType.Normal;
        }

        foreach (HuggingFaceSpecialTokens.AddedToken added in _specials.Added)
        {
            types[added.Id] = added.IsControl ? TokenType.Control : TokenType.UserDefined;
        }

        if (_modelType == "WordPiece")
        {
            MarkWordStarts(byId, types);
        }

        Vocabulary vocabulary = new(_path, "the vocabulary", byId, types);
        scores.AddRange(new float[count - scores.Count]);
        return (vocabulary, [.. scores]);
    }

    private void MarkWordStarts(string[] texts, TokenType[] types)
    {
        JsonElement element = TokenizerJson.Optional(_model, "continuing_subword_prefix");
        string continuation = element.ValueKind == JsonValueKind.String ? _json.TextOf(element, "'continuing_subword_prefix'") : "##";
        for (int id = 0; id < texts.Length; id++)
        {
            if (types[id] == TokenType.Normal)
            {
                texts[id] = texts[id].StartsWith(continuation, StringComparison.Ordinal) && texts[id].Length > continuation.Length
                    ? texts[id][continuation.Length..]
                    : Utf8Text.SpaceMark + texts[id];
            }
        }
    }

    private void AddToken(Dictionary<int, string> texts, int id, string text)
    {
        if (id >= MaxVocabularySize)
        {
            throw _json.Error($"token '{text}' has the id {id}, but ids go up to {MaxVocabularySize - 1}");
        }

        if (!texts.TryAdd(id, text))
        {
            throw _json.Error(string.Create(CultureInfo.InvariantCulture, $"the id {id} is both '{texts[id]}' and '{text}'"));
        }
    }

    private bool DropsLeadingSpace(JsonElement decoder)
    {
        if (decoder.ValueKind != JsonValueKind.Object)
        {
            return false;
        }

        switch (_json.Text(decoder, "type"))
        {
            case "Sequence":
                return _json.Items(decoder, "decoders").Any(DropsLeadingSpace);
            case "Metaspace":
                JsonElement scheme = TokenizerJson.Optional(decoder, "prepend_scheme");
                return scheme.ValueKind == JsonValueKind.String ? !scheme.ValueEquals("never") : _json.Flag(decoder, "add_prefix_space", true);
            case "Strip":
                return TokenizerJson.Optional(decoder, "start") is { ValueKind: JsonValueKind.Number } start && _json.Id(start, "'start'") > 0;
            default:
                return false;
        }
    }
}
