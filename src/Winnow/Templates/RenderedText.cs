namespace Winnow.Templates;

/// <summary>A rendered conversation.</summary>
/// <param name="Text">The text.</param>
/// <param name="Foreign">The parts of it that come from the conversation and not from the template, in order; ends are behind them.</param>
internal sealed record RenderedText(string Text, IReadOnlyList<(int Start, int End)> Foreign);
