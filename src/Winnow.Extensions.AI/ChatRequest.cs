using Winnow.Conversations;
using Winnow.Scheduling;

namespace Winnow.Extensions.AI;

/// <summary>What a call of the chat client asks of the engine.</summary>
/// <param name="Request">The request.</param>
/// <param name="Reasoning">Tells thoughts from the answer; null where the model does not think.</param>
/// <param name="ShowsReasoning">Whether the caller wants the thoughts.</param>
/// <param name="UnknownProperties">Additional properties that nothing here knows.</param>
internal sealed record ChatRequest(
    GenerationRequest Request, ReasoningText? Reasoning, bool ShowsReasoning, IReadOnlyList<string> UnknownProperties);
