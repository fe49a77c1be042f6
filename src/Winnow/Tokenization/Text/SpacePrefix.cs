namespace Winnow.Tokenization.Text;

/// <summary>Where a space is put in front of text: <c>prepend_scheme</c> of tokenizer.json.</summary>
internal enum SpacePrefix
{
    /// <summary>Nowhere.</summary>
    Never,

    /// <summary>In front of the text.</summary>
    First,

    /// <summary>In front of the text and of what follows a special token.</summary>
    Always,
}
