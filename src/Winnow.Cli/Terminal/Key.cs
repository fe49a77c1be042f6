namespace Winnow.Cli.Terminal;

/// <summary>Something that the user did at the keyboard, or that befell the terminal.</summary>
/// <param name="Kind">What it was.</param>
/// <param name="Text">What was typed or pasted; empty otherwise.</param>
internal readonly record struct Key(KeyKind Kind, string Text = "");
