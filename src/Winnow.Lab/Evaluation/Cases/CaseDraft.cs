namespace Winnow.Lab.Evaluation.Cases;

/// <summary>What a task asks and hides; the builder puts the filler around it.</summary>
internal sealed record CaseDraft
{
    /// <summary>What is hidden, in the order in which it stands in the text.</summary>
    public required IReadOnlyList<string> Facts { get; init; }

    /// <summary>Which fact holds the first expected value: it is put at the depth asked for.</summary>
    public int Primary { get; init; }

    /// <summary>What surrounds the facts, without end.</summary>
    public required IEnumerable<FillerPiece> Filler { get; init; }

    /// <summary>What stands between facts and pieces of filler.</summary>
    public string Separator { get; init; } = "\n\n";

    /// <summary>What comes before the first piece.</summary>
    public string Opening { get; init; } = "";

    /// <summary>What comes after the last piece.</summary>
    public string Closing { get; init; } = "";

    /// <summary>What is asked.</summary>
    public required string Question { get; init; }

    /// <summary>A right answer.</summary>
    public required string Answer { get; init; }

    /// <summary>What an output must contain.</summary>
    public required IReadOnlyList<string> Expected { get; init; }

    /// <summary>Texts that must not be in the filler, because the answer would not be the only one.</summary>
    public required IReadOnlyList<string> Reserved { get; init; }
}
