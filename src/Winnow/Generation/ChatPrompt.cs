using System.Text.Json.Nodes;
using Winnow.Templates;
using Winnow.Tokenization;

namespace Winnow.Generation;

/// <summary>From messages to tokens: the chat template writes control tokens, the messages cannot.</summary>
internal static class ChatPrompt
{
    /// <summary>From here on private-use characters are tried until one occurs in no message.</summary>
    private const char FirstGuard = '\uE000';

    public static IReadOnlyList<int> Encode(ChatTemplate template, Tokenizer tokenizer, IReadOnlyList<ChatMessage> messages, JsonArray? tools)
    {
        JsonArray conversation = ChatMessage.ToJson(messages);
        char guard = ChooseGuard(conversation.ToJsonString());
        string bos = tokenizer.BosId is { } bosId ? tokenizer.TokenText(bosId) : "";
        string text = template.Render(new ChatTemplateInput
        {
            Messages = (JsonArray)Guard(conversation, tokenizer, guard)!,
            Tools = tools,
            BosToken = bos,
            EosToken = tokenizer.EosId is { } eosId ? tokenizer.TokenText(eosId) : "",
        });

        List<int> tokens = [];
        // Most templates write the begin-of-text token themselves.
        if (tokenizer.AddBos && !(bos.Length > 0 && text.StartsWith(bos, StringComparison.Ordinal)))
        {
            tokens.Add(tokenizer.BosId!.Value);
        }

        tokenizer.EncodeGuarded(text, tokens, guard);
        return tokens;
    }

    /// <summary>Puts the guard into every control token that a message spells out, so that it is not recognized as one.</summary>
    private static JsonNode? Guard(JsonNode? node, Tokenizer tokenizer, char guard)
    {
        switch (node)
        {
            case JsonArray array:
                return new JsonArray([.. array.Select(element => Guard(element, tokenizer, guard))]);
            case JsonObject members:
                JsonObject guarded = [];
                foreach ((string name, JsonNode? value) in members)
                {
                    // A role names the template's own branch and is never text.
                    guarded[name] = name == "role" ? value?.DeepClone() : Guard(value, tokenizer, guard);
                }

                return guarded;
            case JsonValue value when value.TryGetValue(out string? text):
                return JsonValue.Create(tokenizer.GuardControlTokens(text, guard));
            default:
                return node?.DeepClone();
        }
    }

    private static char ChooseGuard(string text)
    {
        char guard = FirstGuard;
        while (text.Contains(guard) || text.Contains($"\\u{(int)guard:X4}", StringComparison.OrdinalIgnoreCase))
        {
            guard++;
        }

        return guard;
    }
}
