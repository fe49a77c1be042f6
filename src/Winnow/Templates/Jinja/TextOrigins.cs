using System.Runtime.CompilerServices;

namespace Winnow.Templates.Jinja;

/// <summary>
/// Which characters of the texts of a rendering come from its input and not from the template. It is kept beside the texts, by
/// reference, so that a template sees nothing of it and renders what it always does.
/// </summary>
/// <remarks>
/// A text of the input is one of its own: no text of the template is the same object. What is joined or cut keeps the origins of
/// its parts; what is made of input in any other way counts as input altogether.
/// </remarks>
internal sealed class TextOrigins
{
    private readonly ConditionalWeakTable<string, TextSpans> _foreign = [];

    /// <summary>The parts of a text that come from the input; null where none does.</summary>
    public TextSpans? Foreign(string text) => _foreign.TryGetValue(text, out TextSpans? spans) ? spans : null;

    /// <summary>Takes a text as input altogether.</summary>
    public void Mark(string text) => Mark(text, new TextSpans([(0, text.Length)]));

    /// <summary>Takes parts of a text as input.</summary>
    public void Mark(string text, TextSpans? foreign)
    {
        if (text.Length > 0 && foreign is not null)
        {
            _foreign.AddOrUpdate(text, foreign);
        }
    }
}
