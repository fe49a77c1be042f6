using System.Text.Json.Nodes;

namespace Winnow.Templates;

/// <summary>What a chat template is rendered with.</summary>
internal sealed record ChatTemplateInput
{
    /// <summary>The conversation: objects with <c>role</c>, <c>content</c> and what else the template knows.</summary>
    public required JsonArray Messages { get; init; }

    /// <summary>The tools that the model may call, as JSON schemas; null leaves <c>tools</c> undefined.</summary>
    public JsonArray? Tools { get; init; }

    /// <summary>Whether the text ends where the model's answer begins.</summary>
    public bool AddGenerationPrompt { get; init; } = true;

    /// <summary>The begin-of-text token; null leaves <c>bos_token</c> undefined.</summary>
    public string? BosToken { get; init; }

    /// <summary>The end-of-text token; null leaves <c>eos_token</c> undefined.</summary>
    public string? EosToken { get; init; }

    /// <summary>Further variables, such as <c>enable_thinking</c>; they take precedence over the tokens.</summary>
    public IReadOnlyDictionary<string, JsonNode?> Variables { get; init; } = new Dictionary<string, JsonNode?>();

    /// <summary>The clock that <c>strftime_now</c> reads, in its local time zone.</summary>
    public TimeProvider Clock { get; init; } = TimeProvider.System;

    /// <summary>Gives up on a rendering that takes too long for its caller.</summary>
    public CancellationToken CancellationToken { get; init; }

    /// <summary>What the rendering may spend.</summary>
    public ChatTemplateLimits Limits { get; init; } = ChatTemplateLimits.Default;
}
