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

    /// <summary>Why the model's template cannot be used, where it has one that is none or needs what is not supported; else null.</summary>
    public ChatTemplateException? ChatTemplateError { get; init; }

    /// <summary>Reads it from a GGUF file or a Hugging Face directory.</summary>
    /// <remarks>A template that cannot be used takes nothing with it but chat: see <see cref="ChatTemplateError"/>.</remarks>
    /// <exception cref="WinnowException">The file is missing or damaged, or its vocabulary is of an unsupported kind.</exception>
    public static ModelText Open(string path)
    {
        if (Directory.Exists(path))
        {
            return new ModelText(TokenizerFactory.FromHuggingFace(path), null).WithTemplate(path, () => ReadTemplate(path));
        }

        using GgufFile file = GgufFile.Open(path);
        return new ModelText(TokenizerFactory.FromGguf(file.Metadata, path), null)
            .WithTemplate(path, () => file.Metadata.GetStringOrNull(TemplateKey));
    }

    /// <summary>What an application says that needs the template of a model which has none that can be used.</summary>
    /// <param name="name">The model.</param>
    /// <param name="error">Why its template cannot be used; null where it has none.</param>
    internal static WinnowException NoTemplate(string name, ChatTemplateException? error) => error is null
        ? new WinnowException($"{name} has no chat template: it continues plain text only")
        : new WinnowException($"{name} continues plain text only, for its chat template cannot be used: {error.Message}", error);

    private ModelText WithTemplate(string path, Func<string?> read)
    {
        try
        {
            return read() is { } source ? this with { ChatTemplate = ChatTemplate.Parse(source, path) } : this;
        }
        catch (ChatTemplateException error)
        {
            return this with { ChatTemplateError = error };
        }
        catch (ModelFormatException error)
        {
            return this with { ChatTemplateError = new ChatTemplateException(path, 1, error.Message, error) };
        }
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
