using Winnow.Documents;
using Winnow.Generation;

namespace Winnow.Retrieval;

/// <summary>Shortens the prompts of one session to their evidence; remembers the last document.</summary>
internal sealed class PromptRetrieval(Engine engine, RetrievalAttention options, int contextLength) : IPromptTransformer
{
    private string? _document;
    private DocumentIndex? _index;

    /// <summary>A prompt that holds the evidence instead of the document; the same prompt where the budget covers the document.</summary>
    public IReadOnlyList<int> Transform(IReadOnlyList<int> prompt, CancellationToken cancellation)
    {
        if (prompt.Count <= options.Search.BudgetTokens(prompt.Count, contextLength) || PromptParts.Split(prompt, engine.Tokenizer) is not { } parts)
        {
            return prompt;
        }

        if (_document != parts.Document)
        {
            _index?.Dispose();
            _index = null;
            _document = null;
            _index = DocumentIndex.Build(engine, [Document.FromText("prompt", parts.Document)], null, options.Index, null, cancellation);
            _document = parts.Document;
        }

        int budget = options.Search.BudgetTokens(_index!.Tokens, contextLength);
        if (budget >= _index.Tokens)
        {
            return prompt;
        }

        IReadOnlyList<EvidenceSpan> evidence = _index.Search(parts.Question, options.Search with { Budget = budget }, cancellation);
        return [.. parts.Head, .. engine.Tokenizer.Encode(EvidencePrompt.Compose(evidence, parts.Question), cancellationToken: cancellation), .. parts.Tail];
    }

    public void Dispose() => _index?.Dispose();
}
