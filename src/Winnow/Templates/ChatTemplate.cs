using System.Text.Json.Nodes;
using System.Text.RegularExpressions;
using Winnow.Templates.Jinja;
using Winnow.Templates.Jinja.Library;
using Winnow.Templates.Jinja.Nodes;
using Winnow.Templates.Jinja.Syntax;

namespace Winnow.Templates;

/// <summary>A model's chat template: Jinja, as Hugging Face's tokenizers render it.</summary>
/// <remarks>
/// The environment is jinja2's immutable sandbox with <c>trim_blocks</c>, <c>lstrip_blocks</c>, loop controls,
/// <c>raise_exception</c>, <c>strftime_now</c>, the plain <c>tojson</c> and the <c>generation</c> tag. Templates stand alone:
/// <c>extends</c>, <c>block</c>, <c>include</c> and <c>import</c> are refused. A parsed template is immutable and may be rendered
/// by several threads at once.
/// </remarks>
public sealed partial class ChatTemplate
{
    /// <summary>The longest template that is parsed; those of models have some ten thousand characters.</summary>
    private const int MaxLength = 1 << 20;

    private readonly TemplateBody _body;

    private ChatTemplate(string name, string source, TemplateBody body)
    {
        Name = name;
        Source = source;
        _body = body;
    }

    /// <summary>The template's name in error messages.</summary>
    public string Name { get; }

    /// <summary>The template's text.</summary>
    public string Source { get; }

    /// <summary>Whether it looks at tools at all. One that does not renders a conversation alike with tools and without.</summary>
    public bool UsesTools => ToolsName().IsMatch(Source);

    [GeneratedRegex(@"\btools\b", RegexOptions.CultureInvariant)]
    private static partial Regex ToolsName();

    /// <summary>Parses a template.</summary>
    /// <param name="source">The template's text.</param>
    /// <param name="name">What error messages call it; by default "chat template".</param>
    /// <exception cref="ChatTemplateException">The text is no template, or uses something unsupported.</exception>
    public static ChatTemplate Parse(string source, string? name = null)
    {
        ArgumentNullException.ThrowIfNull(source);
        name ??= "chat template";
        if (source.Length > MaxLength)
        {
            throw new ChatTemplateException(name, 1, $"the template has {source.Length} characters; at most {MaxLength} are read");
        }

        try
        {
            return new ChatTemplate(name, source, new Parser(Lexer.Tokenize(source)).Parse());
        }
        catch (TemplateSyntaxException error)
        {
            throw new ChatTemplateException(name, error.Line, error.Message);
        }
    }

    /// <summary>Renders a conversation. <c>Engine.EncodeChat</c> does so with the tokens of a model.</summary>
    /// <param name="messages">The conversation: objects with <c>role</c>, <c>content</c> and what else the template knows, as <see cref="ChatMessage.ToJson(IEnumerable{ChatMessage})"/> makes them.</param>
    /// <param name="tools">The tools that the model may call, as JSON schemas; null leaves <c>tools</c> undefined.</param>
    /// <param name="variables">Further variables: <c>bos_token</c>, <c>eos_token</c>, and the template's own, such as <c>enable_thinking</c>; null for none.</param>
    /// <param name="addGenerationPrompt">Whether the text ends where the model's answer begins.</param>
    /// <param name="clock">What <c>strftime_now</c> reads, in its local time zone; null for the system's.</param>
    /// <param name="cancellationToken">Gives up on a rendering that takes too long for its caller.</param>
    /// <exception cref="ChatTemplateException">
    /// The template refuses the conversation, cannot render it, or spends more steps, time or memory than one that came with a model may.
    /// </exception>
    /// <exception cref="OperationCanceledException">The caller gave up.</exception>
    public string Render(
        JsonArray messages,
        JsonArray? tools = null,
        IReadOnlyDictionary<string, JsonNode?>? variables = null,
        bool addGenerationPrompt = true,
        TimeProvider? clock = null,
        CancellationToken cancellationToken = default)
    {
        ArgumentNullException.ThrowIfNull(messages);
        return Render(new ChatTemplateInput
        {
            Messages = messages,
            Tools = tools,
            Variables = variables ?? new Dictionary<string, JsonNode?>(),
            AddGenerationPrompt = addGenerationPrompt,
            Clock = clock ?? TimeProvider.System,
            CancellationToken = cancellationToken,
        });
    }

    /// <summary>Renders a conversation.</summary>
    /// <exception cref="ChatTemplateException">
    /// The template refuses the conversation, cannot render it, or spends more than the limits of <paramref name="input"/> allow.
    /// </exception>
    /// <exception cref="OperationCanceledException">The caller gave up.</exception>
    internal string Render(ChatTemplateInput input) => Render(input, null).ToString();

    /// <summary>Renders a conversation, and says which parts of the text come from messages, tools and variables.</summary>
    /// <inheritdoc cref="Render(ChatTemplateInput)"/>
    internal RenderedText RenderWithOrigins(ChatTemplateInput input)
    {
        TextBuilder text = Render(input, new TextOrigins());
        return new RenderedText(text.ToString(), text.Foreign.Items);
    }

    private TextBuilder Render(ChatTemplateInput input, TextOrigins? origins)
    {
        ArgumentNullException.ThrowIfNull(input);
        Runtime runtime = new(input.Limits, input.Clock, origins, input.CancellationToken);
        try
        {
            Scope context = new(runtime, null);
            context.Set("messages", JsonReader.ReadMessages(runtime, input.Messages));
            context.Set("add_generation_prompt", input.AddGenerationPrompt);
            SetToken(context, "bos_token", input.BosToken);
            SetToken(context, "eos_token", input.EosToken);
            if (input.Tools is not null)
            {
                context.Set("tools", FromJson(runtime, input.Tools));
            }

            foreach ((string key, JsonNode? value) in input.Variables)
            {
                context.Set(key, FromJson(runtime, value));
            }

            return _body.Render(new Scope(runtime, context));
        }
        catch (TemplateRuntimeException error)
        {
            throw new ChatTemplateException(Name, runtime.Line, error.Message);
        }
    }

    private static object? FromJson(Runtime runtime, JsonNode? node) => JsonReader.Read(runtime, node);

    private static void SetToken(Scope context, string name, string? token)
    {
        if (token is not null)
        {
            context.Set(name, token);
        }
    }
}
