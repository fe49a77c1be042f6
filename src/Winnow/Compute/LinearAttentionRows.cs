namespace Winnow.Compute;

/// <summary>What the tokens of one sequence bring to a linear attention.</summary>
/// <param name="Query">[tokens, keyHeads · keyDimension].</param>
/// <param name="Key">[tokens, keyHeads · keyDimension].</param>
/// <param name="Value">[tokens, heads · valueDimension].</param>
/// <param name="Decay">What the state is multiplied with before a token, [tokens, heads], or [tokens, heads · keyDimension] where channels fade; one row for all tokens alike.</param>
/// <param name="Rate">What is added is multiplied with it, [tokens, heads]; null for 1.</param>
/// <param name="Skip">So much of its value goes to a token's output at once, [1, heads]; null for nothing.</param>
internal readonly record struct LinearAttentionRows(Matrix Query, Matrix Key, Matrix Value, Matrix Decay, Matrix? Rate = null, Matrix? Skip = null);
