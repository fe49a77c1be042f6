namespace Winnow.Lab.Evaluation;

/// <summary>A case file is damaged, or a line of it is no case.</summary>
public sealed class EvaluationCaseException : WinnowException
{
    /// <summary>Creates an error about a line of a case file.</summary>
    /// <param name="path">The file.</param>
    /// <param name="line">The line, counted from 1.</param>
    /// <param name="problem">What is wrong there.</param>
    /// <param name="innerException">What noticed it; null for none.</param>
    public EvaluationCaseException(string path, int line, string problem, Exception? innerException = null)
        : base($"{path}, line {line}: {problem}", innerException!)
    {
        Path = path;
        Line = line;
    }

    /// <summary>The file.</summary>
    public string Path { get; }

    /// <summary>The line, counted from 1.</summary>
    public int Line { get; }
}
