using Winnow.Attention;

namespace Winnow.Generation;

/// <summary>How a session attends: one method for prompts, one for decode steps. The default is full attention in both.</summary>
public sealed record AttentionOptions
{
    /// <summary>Full attention everywhere.</summary>
    public static AttentionOptions Full { get; } = new();

    /// <summary>The method for prompts; null for full attention.</summary>
    public PrefillAttention? Prefill { get; init; }

    /// <summary>The method for decode steps; null for full attention.</summary>
    public DecodeAttention? Decode { get; init; }

    /// <summary>What changes a prompt before anything attends to it; null to take prompts as they are.</summary>
    public PromptTransform? Transform { get; init; }

    /// <summary>Reads a specification such as <c>token-sparse+delta:budget=1024</c>.</summary>
    /// <exception cref="AttentionSpecException">A method, key or value is not one that there is; the message lists those that are.</exception>
    public static AttentionOptions Parse(string specification) => AttentionSpec.Parse(specification);

    /// <summary>The specification that <see cref="Parse"/> reads back to the same options.</summary>
    public override string ToString() => AttentionSpec.Format(this);
}
