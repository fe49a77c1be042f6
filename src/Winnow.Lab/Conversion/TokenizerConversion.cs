using System.Globalization;
using System.Text.Json;
using Winnow.Formats;
using Winnow.Models.Config;
using Winnow.Tokenization.Models;

namespace Winnow.Lab.Conversion;

/// <summary>Writes the vocabulary of a Hugging Face folder as GGUF metadata: tokenizer.json, special tokens, chat template.</summary>
internal sealed class TokenizerConversion
{
    private const string Prefix = "tokenizer.ggml.";

    private readonly string _path;
    private readonly JsonElement _tokenizer;
    private readonly JsonElement _model;
    private readonly GgufMetadata _metadata;
    private readonly string[] _tokens;
    private readonly int[] _types;
    private readonly Dictionary<string, int> _ids = new(StringComparer.Ordinal);

    private TokenizerConversion(string path, JsonElement tokenizer, int vocabularySize, GgufMetadata metadata)
    {
        _path = path;
        _tokenizer = tokenizer;
        _metadata = metadata;
        _model = tokenizer.TryGetProperty("model", out JsonElement model) && model.ValueKind == JsonValueKind.Object
            ? model
            : throw new ModelFormatException(path, "has no 'model'");
        _tokens = new string[vocabularySize];
        _types = new int[vocabularySize];
    }

    /// <param name="folder">The Hugging Face folder.</param>
    /// <param name="config">The model's hyper-parameters.</param>
    /// <param name="metadata">Where the keys go.</param>
    /// <returns>What the folder says of texts and the keys do not.</returns>
    /// <exception cref="ModelFormatException">The vocabulary is damaged or of a kind that GGUF has no name for.</exception>
    public static List<string> Write(string folder, ModelConfig config, GgufMetadata metadata)
    {
        string path = Path.Combine(folder, "tokenizer.json");
        if (!File.Exists(path))
        {
            metadata.Set(Prefix + "model", "no_vocab");
            return File.Exists(Path.Combine(folder, "tokenizer.model"))
                ? ["the vocabulary is left out: of tokenizer.json and tokenizer.model only the first can be converted, and it is missing"]
                : [];
        }

        TokenizerConversion conversion = new(path, JsonFile.Read(path), config.VocabularySize, metadata);
        conversion.ReadVocabulary();
        conversion.ReadAddedTokens();
        conversion.FillGaps();
        conversion.WriteModel();
        SpecialTokenConversion specialTokens = new(folder, conversion._ids, metadata);
        specialTokens.Write(conversion._tokenizer);
        return [.. TokenizerLosses.Find(conversion._tokenizer, conversion._model), .. specialTokens.Losses];
    }

    private void ReadVocabulary()
    {
        string type = JsonFile.Text(_model, "type") ?? "BPE";
        if (type != "BPE")
        {
            throw new ModelFormatException(_path, $"has a vocabulary of type '{type}', which cannot be converted; only BPE can");
        }

        if (!_model.TryGetProperty("vocab", out JsonElement vocabulary) || vocabulary.ValueKind != JsonValueKind.Object)
        {
            throw new ModelFormatException(_path, "has no 'model.vocab' object");
        }

        bool hasBytes = JsonFile.Flag(_model, "byte_fallback") == true;
        string? unknown = JsonFile.Text(_model, "unk_token");
        foreach (JsonProperty entry in vocabulary.EnumerateObject())
        {
            TokenType kind = entry.Name == unknown ? TokenType.Unknown
                : hasBytes && IsByte(entry.Name) ? TokenType.Byte
                : TokenType.Normal;
            Add(entry.Name, IdOf(entry.Value), kind);
        }
    }

    private void ReadAddedTokens()
    {
        foreach (JsonElement token in JsonFile.List(_tokenizer, "added_tokens") ?? [])
        {
            Add(token, token.TryGetProperty("id", out JsonElement number) ? IdOf(number) : -1);
        }

        // Some tokens are in tokenizer_config.json alone, by their ids.
        string path = Path.Combine(Path.GetDirectoryName(_path)!, "tokenizer_config.json");
        if (File.Exists(path) && JsonFile.Read(path).TryGetProperty("added_tokens_decoder", out JsonElement decoder) && decoder.ValueKind == JsonValueKind.Object)
        {
            foreach (JsonProperty token in decoder.EnumerateObject())
            {
                if (JsonFile.Text(token.Value, "content") is { } content && !_ids.ContainsKey(content)
                    && int.TryParse(token.Name, NumberStyles.None, CultureInfo.InvariantCulture, out int id))
                {
                    Add(token.Value, id);
                }
            }
        }
    }

    private void Add(JsonElement token, int id)
    {
        string content = JsonFile.Text(token, "content") ?? throw new ModelFormatException(_path, "has an added token without 'content'");
        TokenType kind = JsonFile.Text(_model, "unk_token") == content ? TokenType.Unknown
            : JsonFile.Flag(token, "special") == true ? TokenType.Control
            : TokenType.UserDefined;
        Add(content, id, kind);
    }

    private void Add(string token, int id, TokenType type)
    {
        if ((uint)id >= (uint)_tokens.Length)
        {
            throw new ModelFormatException(_path, $"gives token '{token}' the id {id}, but the model has ids from 0 to {_tokens.Length - 1}");
        }

        _tokens[id] = token;
        _types[id] = (int)type;
        _ids[token] = id;
    }

    /// <summary>Models often have more rows than tokens, to a round number.</summary>
    private void FillGaps()
    {
        for (int id = 0; id < _tokens.Length; id++)
        {
            if (_tokens[id] is null)
            {
                _tokens[id] = string.Create(CultureInfo.InvariantCulture, $"[PAD{id}]");
                _types[id] = (int)TokenType.Unused;
            }
        }
    }

    private void WriteModel()
    {
        (string Left, string Right)[] merges = ReadMerges();
        JsonElement preTokenizer = _tokenizer.TryGetProperty("pre_tokenizer", out JsonElement value) ? value : default;
        if (JsonFile.Flag(_model, "byte_fallback") == true)
        {
            _metadata.Set(Prefix + "model", "llama");
            _metadata.Set(Prefix + "pre", "default");
            _metadata.Set(Prefix + "tokens", _tokens);
            _metadata.Set(Prefix + "scores", Scores(merges));
            _metadata.Set(Prefix + "token_type", _types);
            _metadata.Set(Prefix + "add_space_prefix", AddsSpace(preTokenizer));
            return;
        }

        bool ignoresMerges = JsonFile.Flag(_model, "ignore_merges") == true;
        string pre = PreTokenizerNames.Find(preTokenizer, ignoresMerges)
            ?? throw new ModelFormatException(
                _path,
                $"has a pre-tokenizer that GGUF has no name for, or none that is known here: {PreTokenizerNames.Describe(preTokenizer)}");
        _metadata.Set(Prefix + "model", "gpt2");
        _metadata.Set(Prefix + "pre", pre);
        _metadata.Set(Prefix + "tokens", _tokens);
        _metadata.Set(Prefix + "token_type", _types);
        _metadata.Set(Prefix + "merges", Array.ConvertAll(merges, merge => $"{merge.Left} {merge.Right}"));
    }

    /// <summary>A merge is a text with a space or, since some tokens have spaces, a pair.</summary>
    private (string Left, string Right)[] ReadMerges()
    {
        return JsonFile.List(_model, "merges") is { } merges
            ? [.. merges.Select(Read)]
            : throw new ModelFormatException(_path, "has no 'model.merges' list");

        (string Left, string Right) Read(JsonElement merge)
        {
            string?[] pair = merge.ValueKind switch
            {
                JsonValueKind.String => merge.GetString()!.Split(' '),
                JsonValueKind.Array =>
                    [.. merge.EnumerateArray().Select(part => part.ValueKind == JsonValueKind.String ? part.GetString() : null)],
                _ => Array.Empty<string?>(),
            };
            return pair is [{ Length: > 0 } left, { Length: > 0 } right]
                ? (left, right)
                : throw new ModelFormatException(_path, $"has the merge {merge.GetRawText()}, but a merge is of two tokens");
        }
    }

    /// <summary>SentencePiece joins the pair whose result has the best score: the rank of the first merge that yields it.</summary>
    private float[] Scores((string Left, string Right)[] merges)
    {
        float[] scores = new float[_tokens.Length];
        Array.Fill(scores, -1e6f);
        for (int id = 0; id < scores.Length; id++)
        {
            if (_types[id] is not (int)TokenType.Normal)
            {
                scores[id] = 0;
            }
        }

        for (int rank = merges.Length - 1; rank >= 0; rank--)
        {
            if (_ids.TryGetValue(merges[rank].Left + merges[rank].Right, out int id))
            {
                scores[id] = -rank - 1;
            }
        }

        return scores;
    }

    private bool AddsSpace(JsonElement preTokenizer)
    {
        bool metaspace = JsonFile.Text(preTokenizer, "type") == "Metaspace"
            && JsonFile.Text(preTokenizer, "prepend_scheme") != "never"
            && JsonFile.Flag(preTokenizer, "add_prefix_space") != false;
        return metaspace || (_tokenizer.TryGetProperty("normalizer", out JsonElement normalizer) && Prepends(normalizer));

        static bool Prepends(JsonElement normalizer) => JsonFile.Text(normalizer, "type") switch
        {
            "Prepend" => true,
            "Sequence" => (JsonFile.List(normalizer, "normalizers") ?? []).Any(Prepends),
            _ => false,
        };
    }

    private static int IdOf(JsonElement number) => number.ValueKind == JsonValueKind.Number && number.TryGetInt32(out int id) ? id : -1;

    private static bool IsByte(string token) =>
        token is ['<', '0', 'x', _, _, '>']
        && byte.TryParse(token.AsSpan(3, 2), NumberStyles.AllowHexSpecifier, CultureInfo.InvariantCulture, out _);
}
