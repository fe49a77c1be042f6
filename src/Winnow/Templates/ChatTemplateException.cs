namespace Winnow.Templates;

/// <summary>A chat template is malformed, uses something unsupported, or refuses the conversation it was given.</summary>
public sealed class ChatTemplateException : WinnowException
{
    private const int MaxProblemLength = 1000;

    /// <summary>Creates an error about a place in a template.</summary>
    /// <param name="templateName">The template, as the caller named it.</param>
    /// <param name="line">The line in the template, counted from 1.</param>
    /// <param name="problem">What is wrong there.</param>
    public ChatTemplateException(string templateName, int line, string problem)
        : base($"{templateName}, line {line}: {Cut(problem)}")
    {
        TemplateName = templateName;
        Line = line;
    }

    /// <summary>Creates an error about a template, or its input, that another error caused.</summary>
    public ChatTemplateException(string templateName, int line, string problem, Exception innerException)
        : base($"{templateName}, line {line}: {Cut(problem)}", innerException)
    {
        TemplateName = templateName;
        Line = line;
    }

    // What a template raises is its own text, which may be of any length.
    private static string Cut(string problem) => problem.Length <= MaxProblemLength ? problem : problem[..MaxProblemLength] + "…";

    /// <summary>The template, as the caller named it.</summary>
    public string TemplateName { get; }

    /// <summary>The line in the template, counted from 1.</summary>
    public int Line { get; }
}
