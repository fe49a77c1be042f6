namespace Winnow.Compute;

/// <summary>What is read besides the far tokens that codes choose.</summary>
/// <param name="Sink">First tokens that are always read.</param>
/// <param name="Window">Last tokens that are always read.</param>
internal readonly record struct CodeChoice(int Sink, int Window);
