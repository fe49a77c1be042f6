namespace Winnow.Lab.Evaluation;

/// <summary>How often retrieval found the evidence of cases of one task and length.</summary>
/// <param name="Task">The task; <c>all</c> for all cases.</param>
/// <param name="Length">The target length; 0 for all cases.</param>
/// <param name="Cases">How many cases.</param>
/// <param name="Features">The fraction found by the model's features alone; null where the model has not been calibrated.</param>
/// <param name="Words">The fraction found by BM25 alone.</param>
/// <param name="Hybrid">The fraction found by both together, with the edges of the document.</param>
/// <param name="EvidenceFraction">Tokens of the hybrid's evidence, as a fraction of the document.</param>
/// <param name="ScanMs">Milliseconds to scan a document, on average.</param>
/// <param name="SearchMs">Milliseconds of a hybrid search, on average.</param>
public sealed record RetrievalScore(
    string Task, int Length, int Cases, double? Features, double Words, double Hybrid, double EvidenceFraction, double ScanMs, double SearchMs);
