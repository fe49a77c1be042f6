namespace Winnow.Lab.Evaluation.Cases;

/// <summary>What the generator needs to know of a model.</summary>
/// <param name="Render">Puts a user's message into the chat template, up to where the answer begins; without the begin-of-text token.</param>
/// <param name="CountPrompt">Tokens of a rendered prompt, the begin-of-text token included.</param>
/// <param name="CountText">Tokens of a piece of text.</param>
/// <param name="HasControlTokens">Whether a text spells out control tokens, which would be taken as such in a prompt.</param>
internal sealed record PromptFormat(
    Func<string, string> Render, Func<string, int> CountPrompt, Func<string, int> CountText, Func<string, bool> HasControlTokens);
