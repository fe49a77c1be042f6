namespace Winnow.Lab.Evaluation;

/// <summary>A text cannot be made into evaluation cases, or not of the length asked for.</summary>
internal sealed class EvaluationTextException(string message) : WinnowException(message);
