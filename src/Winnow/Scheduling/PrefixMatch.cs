using Winnow.Generation;

namespace Winnow.Scheduling;

/// <summary>A session that has read the beginning of a prompt.</summary>
/// <param name="Session">The session; null where none has.</param>
/// <param name="Length">How many tokens they have in common.</param>
internal readonly record struct PrefixMatch(Session? Session, int Length);
