namespace Winnow.Compute;

/// <summary>Which tokens of a prompt each head attends among.</summary>
/// <param name="Window">Last tokens that every head keeps.</param>
/// <param name="Pool">Width of the average-pool over the votes, odd.</param>
/// <param name="Coverage">Attention mass of the tokens that are left out.</param>
/// <param name="Minimum">Tokens that a head keeps at least, the window not counted.</param>
internal readonly record struct TokenChoice(int Window, int Pool, float Coverage, int Minimum);
