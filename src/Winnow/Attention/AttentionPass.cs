namespace Winnow.Attention;

/// <summary>Tokens that must be read again, because the state of a decode method between two of its marks comes from them.</summary>
/// <param name="First">The position of the first one.</param>
/// <param name="Count">How many; those of <see cref="AttentionPhase.Decode"/> one by one.</param>
/// <param name="Phase">As what they were read.</param>
internal readonly record struct AttentionPass(int First, int Count, AttentionPhase Phase);
