namespace Winnow.Templates.Jinja;

/// <summary>A template failed while it ran; the message begins with the name that Python gives the error, where it has one.</summary>
internal sealed class TemplateRuntimeException(string message) : Exception(message)
{
    public static TemplateRuntimeException Type(string message) => new("TypeError: " + message);

    public static TemplateRuntimeException Value(string message) => new("ValueError: " + message);
}
