using System.Text.Json.Nodes;
using Winnow.Templates;
using Winnow.Tokenization;

namespace Winnow.Generation;

/// <summary>From messages to tokens: the chat template writes control tokens, messages and tools cannot.</summary>
/// <remarks>
/// The template sees messages and tools as they are, and renders what it always does. What of its text comes from them is known
/// beside the text, and a control token that is spelled there, wholly or in part, stays text.
/// </remarks>
internal static class ChatPrompt
{
    private static readonly Dictionary<string, JsonNode?> NoVariables = [];

    /// <exception cref="ChatTemplateException">The template refuses the messages.</exception>
    public static IReadOnlyList<int> Encode(
        ChatTemplate template, Tokenizer tokenizer, IReadOnlyList<ChatMessage> messages, JsonArray? tools, IReadOnlyDictionary<string, JsonNode?>? variables, CancellationToken cancellation)
    {
        RenderedText prompt = template.RenderWithOrigins(new ChatTemplateInput
        {
            Messages = ChatMessage.ToJson(messages),
            Tools = tools,
            Variables = variables ?? NoVariables,
            BosToken = tokenizer.BosId is { } bosId ? tokenizer.TokenText(bosId) : "",
            EosToken = tokenizer.EosId is { } eosId ? tokenizer.TokenText(eosId) : "",
            CancellationToken = cancellation,
        });

        List<int> tokens = [];
        tokenizer.Encode(prompt.Text, prompt.Foreign, tokens, cancellation);

        // Most templates write the begin-of-text token themselves.
        if (tokenizer.AddBos && (tokens.Count == 0 || tokens[0] != tokenizer.BosId))
        {
            tokens.Insert(0, tokenizer.BosId!.Value);
        }

        return tokens;
    }
}
