using System.Text.Json;
using Winnow.Formats;
using Winnow.Templates;
using Winnow.Tokenization;

namespace Winnow.Generation;

/// <summary>The part of a model that deals with text: vocabulary and chat template. Reading it touches no weights.</summary>
/// <param name="Tokenizer">How text becomes tokens; null where the model comes without a vocabulary.</param>
/// <param name="ChatTemplate">How messages become a prompt; null where the model has no template.</param>
public sealed record ModelText(Tokenizer? Tokenizer, ChatTemplate? ChatTemplate)
{
    private const string TemplateKey = "tokenizer.chat_template";

    /// <summary>Reads it from a GGUF file or a Hugging Face directory.</summary>
    /// <exception cref="WinnowException">The file is missing or damaged, or its vocabulary or template is of an unsupported kind.</exception>
    public static ModelText Open(string path)
    {
        if (Directory.Exists(path))
        {
            string? template = ReadTemplate(path);
            return new ModelText(TokenizerFactory.FromHuggingFace(path), template is null ? null : ChatTemplate.Parse(template, path));
        }

        using GgufFile file = GgufFile.Open(path);
        string? source = file.Metadata.GetStringOrNull(TemplateKey);
        return new ModelText(TokenizerFactory.FromGguf(file.Metadata, path), source is null ? null : ChatTemplate.Parse(source, path));
    }

    /// <summary>The template of a directory: a file of its own, or a member of the tokenizer's configuration.</summary>
    private static string? ReadTemplate(string directory)
    {
        string file = Path.Combine(directory, "chat_template.jinja");
        if (File.Exists(file))
        {
            return JsonFile.ReadText(file);
        }

        string configuration = Path.Combine(directory, "tokenizer_config.json");
        if (!File.Exists(configuration))
        {
            return null;
        }

        return !JsonFile.Read(configuration).TryGetProperty("chat_template", out JsonElement template) ? null
            : template.ValueKind == JsonValueKind.String ? template.GetString()
            : DefaultOf(template);
    }

    /// <summary>Older files list several named templates; <c>default</c> is the one for chats.</summary>
    private static string? DefaultOf(JsonElement templates)
    {
        if (templates.ValueKind != JsonValueKind.Array)
        {
            return null;
        }

        foreach (JsonElement named in templates.EnumerateArray())
        {
            if (JsonFile.Text(named, "name") == "default")
            {
                return JsonFile.Text(named, "template");
            }
        }

        return null;
    }
}
