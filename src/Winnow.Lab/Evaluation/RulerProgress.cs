namespace Winnow.Lab.Evaluation;

/// <summary>How far a run over cases is.</summary>
/// <param name="Done">Prompt tokens of cases that are finished, counted once for each way to attend, and those of the present one.</param>
/// <param name="Total">Prompt tokens of all cases times the ways to attend.</param>
/// <param name="Case">The present case.</param>
public readonly record struct RulerProgress(double Done, double Total, EvaluationCase Case);
