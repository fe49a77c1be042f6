using Winnow.Generation;

namespace Winnow.Retrieval;

/// <summary>An answer from documents.</summary>
/// <param name="Evidence">What the model was given to read, in the order of the documents.</param>
/// <param name="PromptTokens">Tokens of the prompt that holds the evidence and the question.</param>
/// <param name="Tokens">The answer as it is generated; enumerate it once.</param>
public sealed record DocumentAnswer(IReadOnlyList<EvidenceSpan> Evidence, int PromptTokens, IAsyncEnumerable<GeneratedToken> Tokens);
