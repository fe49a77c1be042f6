namespace Winnow.Templates.Jinja;

/// <summary>The text of a template is wrong at a line.</summary>
internal sealed class TemplateSyntaxException(int line, string message) : Exception(message)
{
    public int Line { get; } = line;
}
