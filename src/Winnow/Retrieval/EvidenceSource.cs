namespace Winnow.Retrieval;

/// <summary>Why a span of a document was chosen; several reasons may hold.</summary>
[Flags]
public enum EvidenceSource
{
    /// <summary>It lies between chosen units that nearly touch.</summary>
    None = 0,

    /// <summary>The model's own features: its keys answer to the question's queries.</summary>
    Features = 1,

    /// <summary>Words of the question (BM25).</summary>
    Words = 2,

    /// <summary>The document begins or ends there.</summary>
    Edge = 4,
}
