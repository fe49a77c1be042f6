namespace Winnow.Retrieval;

/// <summary>A passage of a document that may answer a question, with everything that an application needs to cite it.</summary>
public sealed record EvidenceSpan
{
    /// <summary>The document's name.</summary>
    public required string Document { get; init; }

    /// <summary>The first token, counted in the document.</summary>
    public required int FirstToken { get; init; }

    /// <summary>The token behind the last one.</summary>
    public required int EndToken { get; init; }

    /// <summary>The first character, counted in UTF-16 units of the document's text.</summary>
    public required long FirstCharacter { get; init; }

    /// <summary>The character behind the last one.</summary>
    public required long EndCharacter { get; init; }

    /// <summary>The passage, word by word.</summary>
    public required string Text { get; init; }

    /// <summary>How well its best part answers, from 0 to 1, where 1 is the best of the search for that <see cref="Source"/>.</summary>
    public required float Score { get; init; }

    /// <summary>Why it was chosen.</summary>
    public required EvidenceSource Source { get; init; }

    /// <summary>Whether a paragraph begins with it.</summary>
    public required bool BeginsParagraph { get; init; }
}
