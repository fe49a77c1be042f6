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

    private readonly string _folder;
    private readonly Dictionary<string, int> _ids;
    private readonly GgufMetadata _metadata;

    /// <param name="folder">The Hugging Face folder.</param>
    /// <param name="ids">The vocabulary.</param>
    /// <param name="metadata">Where the keys go.</param>
    public SpecialTokenConversion(string folder, Dictionary<string, int> ids, GgufMetadata metadata)
    {
        _folder = folder;
        _ids = ids;
        _metadata = metadata;
    }

    /// <param name="tokenizer">tokenizer.json.</param>
    public void Write(JsonElement tokenizer)
    {
        JsonElement tokenizerConfig = ReadOrEmpty("tokenizer_config.json");
        JsonElement config = ReadOrEmpty("config.json");
        foreach ((string name, string key) in Roles)
        {
            if (Find(tokenizerConfig, config, name) is { } id)
            {
                _metadata.Set(Prefix + key, (uint)id);
            }
        }

        _metadata.Set(Prefix + "add_bos_token", JsonFile.Flag(tokenizerConfig, "add_bos_token") ?? Adds(tokenizer, isFirst: true));
        _metadata.Set(Prefix + "add_eos_token", JsonFile.Flag(tokenizerConfig, "add_eos_token") ?? Adds(tokenizer, isFirst: false));
        WriteTemplate(tokenizerConfig);
    }

    private int? Find(JsonElement tokenizerConfig, JsonElement config, string name)
    {
        if (tokenizerConfig.TryGetProperty($"{name}_token", out JsonElement token))
        {
            string? text = token.ValueKind == JsonValueKind.String ? token.GetString() : JsonFile.Text(token, "content");
            if (text is not null && _ids.TryGetValue(text, out int id))
            {
                return id;
            }
        }

        if (!config.TryGetProperty($"{name}_token_id", out JsonElement value))
        {
            return null;
        }

        // A list names several ends; the others are found by their texts.
        JsonElement number = value.ValueKind == JsonValueKind.Array ? value.EnumerateArray().FirstOrDefault() : value;
        return number.ValueKind == JsonValueKind.Number && number.TryGetInt32(out int configured) && configured >= 0 ? configured : null;
    }

    /// <summary>Whether the post-processor puts a special token before, or after, a text.</summary>
    private static bool Adds(JsonElement tokenizer, bool isFirst)
    {
        if (!tokenizer.TryGetProperty("post_processor", out JsonElement processor) || processor.ValueKind != JsonValueKind.Object)
        {
            return false;
        }

        IEnumerable<JsonElement> processors = JsonFile.List(processor, "processors") is { } several ? several : [processor];
        foreach (JsonElement template in processors.Where(p => JsonFile.Text(p, "type") == "TemplateProcessing"))
        {
            if (JsonFile.List(template, "single") is { Count: > 1 } single)
            {
                JsonElement end = isFirst ? single[0] : single[^1];
                return end.TryGetProperty("SpecialToken", out _);
            }
        }

        return false;
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
