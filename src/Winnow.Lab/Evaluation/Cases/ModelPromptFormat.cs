using Winnow.Generation;
using Winnow.Templates;
using Winnow.Tokenization;

namespace Winnow.Lab.Evaluation.Cases;

/// <summary>The prompt format of a loaded model.</summary>
internal static class ModelPromptFormat
{
    public static PromptFormat Create(Engine engine)
    {
        Tokenizer tokenizer = engine.Tokenizer;
        return new PromptFormat(
            Render: message => Render(engine, message),
            CountPrompt: prompt => tokenizer.Encode(prompt, addSpecial: true, parseSpecial: true).Length,
            CountText: text => tokenizer.Encode(text).Length,
            HasControlTokens: text => tokenizer.Encode(text, parseSpecial: true).Any(tokenizer.IsControl));
    }

    private static string Render(Engine engine, string message)
    {
        if (engine.ChatTemplate is null)
        {
            return message + "\n";
        }

        Tokenizer tokenizer = engine.Tokenizer;
        string begin = tokenizer.BosId is { } bos ? tokenizer.TokenText(bos) : "";
        string prompt = engine.ChatTemplate.Render(new ChatTemplateInput
        {
            Messages = ChatMessage.ToJson([new ChatMessage("user", message)]),
            BosToken = begin,
            EosToken = tokenizer.EosId is { } eos ? tokenizer.TokenText(eos) : "",
        });
        // Case files leave out the begin-of-text token that the tokenizer adds.
        return tokenizer.AddBos && prompt.StartsWith(begin, StringComparison.Ordinal) ? prompt[begin.Length..] : prompt;
    }
}
