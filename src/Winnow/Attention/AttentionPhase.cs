namespace Winnow.Attention;

/// <summary>What a forward pass computes.</summary>
internal enum AttentionPhase
{
    /// <summary>A part of a prompt that more parts follow.</summary>
    Prompt,

    /// <summary>The last part of a prompt, or the whole of it.</summary>
    PromptEnd,

    /// <summary>Tokens after the prompt, each a step of its own: one that was chosen, or several that may turn out to be wrong.</summary>
    Decode,
}
