using System.Text;
using Microsoft.Extensions.AI;
using Winnow.Generation;
using TemplateMessage = Winnow.Templates.ChatMessage;

namespace Winnow.Extensions.AI;

/// <summary>From the tokens of an answer to the updates of a response.</summary>
internal sealed class ResponseWriter(string modelId, string? conversationId, ChatRequest request)
{
    private static readonly ChatFinishReason Repetition = new("repetition");

    private readonly string _responseId = $"chatcmpl-{Guid.NewGuid():N}";
    private readonly string _messageId = $"msg_{Guid.NewGuid():N}";
    private readonly DateTimeOffset _createdAt = DateTimeOffset.UtcNow;
    private readonly StringBuilder _answer = new();
    private readonly StringBuilder _thoughts = new();
    private GeneratedToken? _last;
    private int _reasoningTokens;

    /// <summary>Why the answer ended.</summary>
    public ChatFinishReason FinishReason => _last?.FinishReason switch
    {
        Generation.FinishReason.Length or Generation.FinishReason.ContextFull => ChatFinishReason.Length,
        Generation.FinishReason.Repetition => Repetition,
        _ => ChatFinishReason.Stop,
    };

    /// <summary>The answer as a message of the conversation.</summary>
    public TemplateMessage Message => new("assistant", _answer.ToString())
    {
        ReasoningContent = _thoughts.Length == 0 ? null : _thoughts.ToString(),
    };

    /// <summary>The update of a token; null where no text became certain with it.</summary>
    public ChatResponseUpdate? Write(GeneratedToken token)
    {
        List<AIContent> contents = Contents(token, isLast: false);
        return contents.Count == 0 && token.LogProbability is null ? null : Update(contents, token);
    }

    /// <summary>Takes the last token.</summary>
    public void WriteLast(GeneratedToken token) => _last = token;

    /// <summary>The update that ends the response: the rest of the text, usage and reason.</summary>
    public ChatResponseUpdate End(GenerationStatistics took)
    {
        List<AIContent> contents = Contents(_last ?? default, isLast: true);
        UsageDetails usage = new()
        {
            InputTokenCount = took.PromptTokens,
            OutputTokenCount = took.GeneratedTokens,
            TotalTokenCount = took.PromptTokens + took.GeneratedTokens,
            CachedInputTokenCount = took.CachedTokens,
            ReasoningTokenCount = _reasoningTokens,
        };
        contents.Add(new UsageContent(usage));
        ChatResponseUpdate update = Update(contents, _last);
        update.FinishReason = FinishReason;
        Note(update, "dropped_messages", took.DroppedMessages);
        Note(update, "shifted_tokens", took.ShiftedTokens);
        if (took.PromptMethodSkipped)
        {
            (update.AdditionalProperties ??= [])["prompt_method_skipped"] = true;
        }

        return update;
    }

    private static void Note(ChatResponseUpdate update, string name, int count)
    {
        if (count > 0)
        {
            (update.AdditionalProperties ??= [])[name] = count;
        }
    }

    private List<AIContent> Contents(GeneratedToken token, bool isLast)
    {
        string text = token.Text ?? "";
        if (request.Reasoning is not { } reasoning)
        {
            _answer.Append(text);
            return text.Length == 0 ? [] : [new TextContent(text)];
        }

        bool wasInside = reasoning.IsInside;
        (string thought, string answer) = reasoning.Push(text, isLast);
        _reasoningTokens += wasInside || reasoning.IsInside ? 1 : 0;
        _thoughts.Append(thought);
        _answer.Append(answer);
        List<AIContent> contents = [];
        if (thought.Length > 0 && request.ShowsReasoning)
        {
            contents.Add(new TextReasoningContent(thought));
        }

        if (answer.Length > 0)
        {
            contents.Add(new TextContent(answer));
        }

        return contents;
    }

    private ChatResponseUpdate Update(IList<AIContent> contents, GeneratedToken? token) => new(ChatRole.Assistant, contents)
    {
        ResponseId = _responseId,
        MessageId = _messageId,
        CreatedAt = _createdAt,
        ModelId = modelId,
        ConversationId = conversationId,
        RawRepresentation = token,
    };
}
