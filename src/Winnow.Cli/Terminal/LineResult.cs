namespace Winnow.Cli.Terminal;

/// <summary>What came of reading a message.</summary>
/// <param name="Ending">How it ended.</param>
/// <param name="Text">The message, as it was written.</param>
internal readonly record struct LineResult(LineEnding Ending, string Text = "");
