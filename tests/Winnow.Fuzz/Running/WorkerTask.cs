namespace Winnow.Fuzz.Running;

/// <summary>Some inputs of a run.</summary>
/// <param name="Surface">The surface's name.</param>
/// <param name="Seed">Chooses the inputs.</param>
/// <param name="First">The number of the first.</param>
/// <param name="Count">How many.</param>
/// <param name="Seconds">Ends earlier after this; null for never.</param>
/// <param name="LimitSeconds">How long one may take.</param>
internal sealed record WorkerTask(string Surface, ulong Seed, long First, long Count, double? Seconds, double LimitSeconds);
