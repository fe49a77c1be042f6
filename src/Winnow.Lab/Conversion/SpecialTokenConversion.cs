using System.Text.Json;
using Winnow.Formats;

namespace Winnow.Lab.Conversion;

/// <summary>Writes which tokens begin and end texts, whether they are added, and the chat template.</summary>
internal sealed class SpecialTokenConversion
{
    private const string Prefix = "tokenizer.ggml.";

    private static readonly (string Name, string Key)[] Roles =
    [
        ("bos", "bos_token_id"), ("eos", "eos_token_id"), ("unk", "unknown_token_id"),
        ("sep", "seperator_token_id"), ("pad", "padding_token_id"), ("mask", "mask_token_id"),
    ];

    private static readonly string[] FurtherEnds = ["eot_token_id", "eom_token_id"];

    private readonly string _folder;
    private readonly Dictionary<string, int> _ids;
    private readonly GgufMetadata _metadata;
    private readonly List<string> _losses = [];

    /// <param name="folder">The Hugging Face folder.</param>
    /// <param name="ids">The vocabulary.</param>
    /// <param name="metadata">Where the keys go.</param>
    public SpecialTokenConversion(string folder, Dictionary<string, int> ids, GgufMetadata metadata)
    {
        _folder = folder;
        _ids = ids;
        _metadata = metadata;
    }

    /// <summary>What the folder says and the keys do not.</summary>
    public IReadOnlyList<string> Losses => _losses;

    /// <param name="tokenizer">tokenizer.json.</param>
    public void Write(JsonElement tokenizer)
    {
        JsonElement tokenizerConfig = ReadOrEmpty("tokenizer_config.json");
        JsonElement[] texts = [tokenizerConfig, ReadOrEmpty("special_tokens_map.json")];
        JsonElement[] numbers = [ReadOrEmpty("generation_config.json"), ReadOrEmpty("config.json")];
        foreach ((string name, string key) in Roles)
        {
            if ((FindText(texts, $"{name}_token") ?? Numbers(numbers, $"{name}_token_id").Cast<int?>().FirstOrDefault()) is { } id)
            {
                _metadata.Set(Prefix + key, (uint)id);
            }
        }

        WriteFurtherEnds(numbers);
        WriteSurroundings(tokenizerConfig, tokenizer);
        WriteTemplate(tokenizerConfig);
    }

    private int? FindText(JsonElement[] sources, string name)
    {
        foreach (JsonElement source in sources)
        {
            if (source.TryGetProperty(name, out JsonElement token)
                && (token.ValueKind == JsonValueKind.String ? token.GetString() : JsonFile.Text(token, "content")) is { } text
                && _ids.TryGetValue(text, out int id))
            {
                return id;
            }
        }

        return null;
    }

    /// <summary>The ids that the files give a role, those of the first file first.</summary>
    private static int[] Numbers(JsonElement[] sources, string name) =>
    [
        .. sources.Where(source => source.TryGetProperty(name, out _)).Select(source => source.GetProperty(name))
            .SelectMany(value => value.ValueKind == JsonValueKind.Array ? value.EnumerateArray().ToArray() : [value])
            .Where(value => value.ValueKind == JsonValueKind.Number && value.TryGetInt32(out int id) && id >= 0)
            .Select(value => value.GetInt32()).Distinct(),
    ];

    /// <summary>GGUF names three ends: of a text, of a turn, of a message. Well-known ones are found by their texts besides.</summary>
    private void WriteFurtherEnds(JsonElement[] numbers)
    {
        int[] ends = Numbers(numbers, "eos_token_id");
        int? named = _metadata.GetInt32OrNull(Prefix + "eos_token_id");
        int[] further = [.. ends.Where(id => id != named)];
        foreach ((string key, int id) in FurtherEnds.Zip(further))
        {
            _metadata.Set(Prefix + key, (uint)id);
        }

        if (further.Length > FurtherEnds.Length)
        {
            _losses.Add($"of the tokens that end an answer, the ids {string.Join(", ", further[FurtherEnds.Length..])} are left out: GGUF has keys for {FurtherEnds.Length + 1}");
        }
    }

    private void WriteSurroundings(JsonElement tokenizerConfig, JsonElement tokenizer)
    {
        (string[] first, string[] last) = Surroundings(tokenizer.TryGetProperty("post_processor", out JsonElement processor) ? processor : default);
        bool? addsBos = JsonFile.Flag(tokenizerConfig, "add_bos_token");
        bool? addsEos = JsonFile.Flag(tokenizerConfig, "add_eos_token");
        bool keepsFirst = Keeps(first, "bos_token_id");
        bool keepsLast = Keeps(last, "eos_token_id");
        _metadata.Set(Prefix + "add_bos_token", addsBos ?? keepsFirst);
        _metadata.Set(Prefix + "add_eos_token", addsEos ?? keepsLast);
        if ((addsBos is null && first.Length > 0 && !keepsFirst) || (addsEos is null && last.Length > 0 && !keepsLast))
        {
            _losses.Add($"what the post-processor puts around a text is left out ({string.Join(' ', [.. first, "text", .. last])}): GGUF knows the begin-of-text and end-of-text tokens alone");
        }

        bool Keeps(string[] tokens, string key)
        {
            if (tokens is not [string only] || !_ids.TryGetValue(only, out int id))
            {
                return false;
            }

            if (!_metadata.Contains(Prefix + key))
            {
                _metadata.Set(Prefix + key, (uint)id);
            }

            return _metadata.GetInt32(Prefix + key) == id;
        }
    }

    /// <summary>The tokens that a post-processor puts before and behind a text.</summary>
    private static (string[] First, string[] Last) Surroundings(JsonElement processor)
    {
        switch (JsonFile.Text(processor, "type"))
        {
            case "Sequence":
                return (JsonFile.List(processor, "processors") ?? []).Select(Surroundings).FirstOrDefault(found => found.First.Length + found.Last.Length > 0, ([], []));
            case "RobertaProcessing" or "BertProcessing":
                return (Pair("cls"), Pair("sep"));
            case "TemplateProcessing" when JsonFile.List(processor, "single") is { } single:
                int text = single.FindIndex(item => item.ValueKind == JsonValueKind.Object && item.TryGetProperty("Sequence", out _));
                return text < 0 ? ([], []) : (Names(single[..text]), Names(single[(text + 1)..]));
            default:
                return ([], []);
        }

        // A text and its id.
        string[] Pair(string name) => JsonFile.List(processor, name) is [{ ValueKind: JsonValueKind.String } text, ..] ? [text.GetString()!] : [];

        static string[] Names(List<JsonElement> items) =>
            [.. items.Select(item => item.ValueKind == JsonValueKind.Object && item.TryGetProperty("SpecialToken", out JsonElement token) ? JsonFile.Text(token, "id") ?? "" : "")];
    }

    private void WriteTemplate(JsonElement tokenizerConfig)
    {
        string path = Path.Combine(_folder, "chat_template.jinja");
        if (File.Exists(path))
        {
            _metadata.Set("tokenizer.chat_template", JsonFile.ReadText(path));
        }
        else if (JsonFile.Text(tokenizerConfig, "chat_template") is { } template)
        {
            _metadata.Set("tokenizer.chat_template", template);
        }
        else if (JsonFile.List(tokenizerConfig, "chat_template") is { } several)
        {
            foreach (JsonElement entry in several)
            {
                if (JsonFile.Text(entry, "name") is { } name && JsonFile.Text(entry, "template") is { } text)
                {
                    _metadata.Set(name == "default" ? "tokenizer.chat_template" : $"tokenizer.chat_template.{name}", text);
                }
            }
        }
    }

    private JsonElement ReadOrEmpty(string name)
    {
        string path = Path.Combine(_folder, name);
        return File.Exists(path) ? JsonFile.Read(path) : JsonFile.Empty;
    }
}
