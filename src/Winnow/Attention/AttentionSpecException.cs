namespace Winnow.Attention;

/// <summary>An attention specification names something that does not exist, or a combination that cannot be.</summary>
public sealed class AttentionSpecException(string message) : WinnowException(message);
