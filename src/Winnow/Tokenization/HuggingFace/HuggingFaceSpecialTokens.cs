using System.Globalization;
using System.Text.Json;
using Winnow.Tokenization.Models;
using Winnow.Tokenization.Text;

namespace Winnow.Tokenization.HuggingFace;

/// <summary>What the files of a Hugging Face directory say about special tokens.</summary>
internal sealed class HuggingFaceSpecialTokens
{
    private readonly TokenizerJson _json;
    private readonly JsonElement _root;
    private readonly JsonElement _config;
    private readonly JsonElement _map;
    private readonly JsonElement[] _models;

    /// <param name="directory">The directory.</param>
    /// <param name="json">Its tokenizer.json, for errors.</param>
    /// <param name="root">The content of that file.</param>
    public HuggingFaceSpecialTokens(string directory, TokenizerJson json, JsonElement root)
    {
        _json = json;
        _root = root;
        _config = TokenizerJson.Open(Path.Combine(directory, "tokenizer_config.json")) ?? default;
        _map = TokenizerJson.Open(Path.Combine(directory, "special_tokens_map.json")) ?? default;
        _models =
        [
            TokenizerJson.Open(Path.Combine(directory, "generation_config.json")) ?? default,
            TokenizerJson.Open(Path.Combine(directory, "config.json")) ?? default,
        ];
        Added = ReadAdded();
    }

    /// <summary>The tokens beside the model's own vocabulary, or in it but with more to say.</summary>
    public IReadOnlyList<AddedToken> Added { get; private set; }

    /// <summary>Leaves out tokens that only the configuration knows, where the vocabulary has something else in their places.</summary>
    /// <param name="texts">The vocabulary without added tokens, by ids.</param>
    public void KeepThoseThatFit(IReadOnlyDictionary<int, string> texts)
    {
        HashSet<string> listed = new(texts.Values, StringComparer.Ordinal);
        listed.UnionWith(Added.Where(token => token.IsListed).Select(token => token.Text));
        Added = [.. Added.Where(token => token.IsListed || (texts.TryGetValue(token.Id, out string? known) ? known == token.Text : listed.Add(token.Text)))];
    }

    /// <summary>The tokens with a role: by name in the tokenizer's files, else by id in the model's.</summary>
    public SpecialTokenIds Ids(Vocabulary vocabulary)
    {
        return new SpecialTokenIds
        {
            Bos = Find("bos_token", "bos_token_id") ?? Find("cls_token", null),
            Eos = Find("eos_token", "eos_token_id"),
            Unknown = Find("unk_token", null),
            Separator = Find("sep_token", null),
            Padding = Find("pad_token", "pad_token_id"),
            Mask = Find("mask_token", null),
        };

        int? Find(string name, string? idName)
        {
            foreach (JsonElement source in (JsonElement[])[_config, _map])
            {
                JsonElement value = TokenizerJson.Optional(source, name);
                if (value.ValueKind == JsonValueKind.Object)
                {
                    value = TokenizerJson.Optional(value, "content");
                }

                if (value.ValueKind == JsonValueKind.String && vocabulary.Find(_json.TextOf(value, $"'{name}'")) is int id)
                {
                    return id;
                }
            }

            return idName is null ? null : ModelIds(idName, vocabulary).Cast<int?>().FirstOrDefault();
        }
    }

    /// <summary>The ids that the model's files name as ends of a text; there may be several.</summary>
    public IEnumerable<int> NamedEnds(Vocabulary vocabulary) => ModelIds("eos_token_id", vocabulary);

    /// <summary>The tokens that are recognized in text, or else in the text that a normalizer made of it.</summary>
    /// <param name="vocabulary">The vocabulary.</param>
    /// <param name="normalize">The normalizer; null where there is none.</param>
    /// <param name="inNormalized">Whether those of the normalized text are wanted.</param>
    public IEnumerable<SpecialToken> Recognized(Vocabulary vocabulary, TextTransform? normalize, bool inNormalized)
    {
        foreach (AddedToken token in Added)
        {
            // Tokens that control are looked for on request, and in what somebody wrote.
            bool isNormalized = token.IsNormalized && normalize is not null && vocabulary.IsText(token.Id);
            string text = isNormalized ? normalize!(token.Text, true) : token.Text;
            if (isNormalized == inNormalized && text.Length > 0)
            {
                yield return new SpecialToken(token.Id, text, !vocabulary.IsText(token.Id))
                {
                    StripLeft = token.StripLeft,
                    StripRight = token.StripRight,
                    SingleWord = token.SingleWord,
                };
            }
        }
    }

    /// <summary>The tokens that the post-processor puts around a text; <c>add_bos_token</c> and <c>add_eos_token</c> overrule it.</summary>
    public (int[] Prefix, int[] Suffix) Surroundings(Vocabulary vocabulary, SpecialTokenIds ids)
    {
        List<int> prefix = [];
        List<int> suffix = [];
        ReadPostProcessor(TokenizerJson.Optional(_root, "post_processor"), vocabulary, prefix, suffix);
        Overrule("add_bos_token", ids.Bos, prefix);
        Overrule("add_eos_token", ids.Eos, suffix);
        return ([.. prefix], [.. suffix]);

        void Overrule(string name, int? id, List<int> tokens)
        {
            if (id is not int token || TokenizerJson.Optional(_config, name).ValueKind is not (JsonValueKind.True or JsonValueKind.False))
            {
                return;
            }

            bool wanted = _json.Flag(_config, name, false);
            if (!wanted)
            {
                tokens.RemoveAll(other => other == token);
            }
            else if (!tokens.Contains(token))
            {
                tokens.Add(token);
            }
        }
    }

    private void ReadPostProcessor(JsonElement element, Vocabulary vocabulary, List<int> prefix, List<int> suffix)
    {
        if (element.ValueKind is JsonValueKind.Null or JsonValueKind.Undefined)
        {
            return;
        }

        string type = _json.Text(element, "type");
        switch (type)
        {
            case "ByteLevel":
                break;
            case "Sequence":
                foreach (JsonElement part in _json.Items(element, "processors"))
                {
                    ReadPostProcessor(part, vocabulary, prefix, suffix);
                }

                break;
            case "BertProcessing" or "RobertaProcessing":
                prefix.Add(Pair("cls"));
                suffix.Add(Pair("sep"));
                break;
            case "TemplateProcessing":
                bool before = true;
                foreach (JsonElement item in _json.Items(element, "single"))
                {
                    if (TokenizerJson.Optional(item, "SpecialToken") is { ValueKind: JsonValueKind.Object } special)
                    {
                        (before ? prefix : suffix).AddRange(TemplateIds(element, _json.Text(special, "id")));
                    }
                    else
                    {
                        before = false;
                    }
                }

                break;
            default:
                throw _json.Unsupported("post-processor", type, "ByteLevel, Sequence, BertProcessing, RobertaProcessing, TemplateProcessing");
        }

        int Pair(string name)
        {
            JsonElement pair = TokenizerJson.Optional(element, name);
            return pair.ValueKind == JsonValueKind.Array && pair.GetArrayLength() == 2
                ? Known(_json.Id(pair[1], $"'{name}'"))
                : throw _json.Error($"'{name}' of '{type}' must be a text and an id");
        }

        IEnumerable<int> TemplateIds(JsonElement template, string name)
        {
            JsonElement token = TokenizerJson.Optional(TokenizerJson.Optional(template, "special_tokens"), name);
            return _json.Items(token, "ids").Select(id => Known(_json.Id(id, $"an id of '{name}'")));
        }

        int Known(int id) => id < vocabulary.Count
            ? id
            : throw _json.Error($"post-processor '{type}' names the id {id}, but the vocabulary has {vocabulary.Count} tokens");
    }

    private IEnumerable<int> ModelIds(string name, Vocabulary vocabulary)
    {
        foreach (JsonElement source in _models)
        {
            JsonElement value = TokenizerJson.Optional(source, name);
            IEnumerable<JsonElement> values = value.ValueKind == JsonValueKind.Array ? value.EnumerateArray() : [value];
            foreach (JsonElement item in values)
            {
                if (item.ValueKind == JsonValueKind.Number && item.TryGetInt32(out int id) && id >= 0 && id < vocabulary.Count)
                {
                    yield return id;
                }
            }
        }
    }

    private List<AddedToken> ReadAdded()
    {
        List<AddedToken> tokens = [];
        if (TokenizerJson.Optional(_root, "added_tokens").ValueKind == JsonValueKind.Array)
        {
            foreach (JsonElement token in _json.Items(_root, "added_tokens"))
            {
                tokens.Add(ReadAdded(_json.Id(TokenizerJson.Optional(token, "id"), "the id of an added token"), token, isListed: true));
            }
        }

        // The configuration may have more of them, added by whoever trained the model further.
        JsonElement more = TokenizerJson.Optional(_config, "added_tokens_decoder");
        if (more.ValueKind == JsonValueKind.Object)
        {
            HashSet<int> known = [.. tokens.Select(token => token.Id)];
            foreach (JsonProperty entry in more.EnumerateObject())
            {
                int id = int.TryParse(entry.Name, NumberStyles.None, CultureInfo.InvariantCulture, out int number)
                    ? number
                    : throw _json.Error($"'added_tokens_decoder' of tokenizer_config.json has '{Quoted.Cut(entry.Name)}', which is no id");
                if (known.Add(id))
                {
                    tokens.Add(ReadAdded(id, entry.Value, isListed: false));
                }
            }
        }

        return tokens;
    }

    private AddedToken ReadAdded(int id, JsonElement token, bool isListed) => new(
        id,
        _json.Text(token, "content"),
        _json.Flag(token, "special", false),
        _json.Flag(token, "lstrip", false),
        _json.Flag(token, "rstrip", false),
        _json.Flag(token, "single_word", false),
        _json.Flag(token, "normalized", false),
        isListed);

    /// <summary>An entry of <c>added_tokens</c> or, where it is not listed there, of the configuration's <c>added_tokens_decoder</c>.</summary>
    public sealed record AddedToken(
        int Id, string Text, bool IsControl, bool StripLeft, bool StripRight, bool SingleWord, bool IsNormalized, bool IsListed);
}
