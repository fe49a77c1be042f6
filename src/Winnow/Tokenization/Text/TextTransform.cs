namespace Winnow.Tokenization.Text;

/// <summary>Rewrites a fragment of text before it is split into pieces.</summary>
/// <param name="text">The fragment.</param>
/// <param name="startOfText">Whether it begins the text; otherwise it follows a special token.</param>
internal delegate string TextTransform(string text, bool startOfText);
