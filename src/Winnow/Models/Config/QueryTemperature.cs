namespace Winnow.Models.Config;

/// <summary>Queries at position p are multiplied with 1 + <paramref name="Scale"/> · ln(1 + ⌊(p + <paramref name="Offset"/>) / <paramref name="Length"/>⌋) (Llama 4, Ministral 3).</summary>
/// <param name="Scale">What the logarithm is multiplied with.</param>
/// <param name="Length">Positions that share a factor.</param>
/// <param name="Offset">What is added to positions.</param>
internal sealed record QueryTemperature(float Scale, int Length, int Offset)
{
    /// <summary>The factor of a position.</summary>
    public float At(int position) => 1 + (Scale * MathF.Log(1 + ((position + Offset) / Length)));
}
