using System.Text;
using Winnow.Templates;

namespace Winnow.Retrieval;

/// <summary>Puts evidence in front of a question, the way a document would stand there.</summary>
internal static class EvidencePrompt
{
    /// <summary>Stands where text was left out: two ends of sentences must not become one.</summary>
    private const string Gap = "\n\n";

    /// <summary>The user's message that a model answers.</summary>
    /// <param name="evidence">In the order of the documents.</param>
    /// <param name="question">The question.</param>
    public static ChatMessage Message(IReadOnlyList<EvidenceSpan> evidence, string question) => new("user", Compose(evidence, question));

    /// <summary>The text of that message.</summary>
    /// <param name="evidence">In the order of the documents.</param>
    /// <param name="question">The question.</param>
    public static string Compose(IReadOnlyList<EvidenceSpan> evidence, string question)
    {
        ArgumentNullException.ThrowIfNull(evidence);
        ArgumentNullException.ThrowIfNull(question);
        StringBuilder text = new();
        bool namesDocuments = evidence.Select(span => span.Document).Distinct(StringComparer.Ordinal).Skip(1).Any();
        EvidenceSpan? previous = null;
        foreach (EvidenceSpan span in evidence)
        {
            if (previous is not null)
            {
                text.Append(Gap);
            }

            if (namesDocuments && previous?.Document != span.Document)
            {
                text.Append('[').Append(span.Document).Append("]\n");
            }

            // White space at the cuts is replaced by the gap; a document that is complete stays as it is.
            text.Append(span.FirstToken == 0 ? span.Text.TrimEnd() : span.Text.Trim('\n', '\r', ' '));
            previous = span;
        }

        return text.Length == 0 ? question : text.Append(Gap).Append(question).ToString();
    }
}
