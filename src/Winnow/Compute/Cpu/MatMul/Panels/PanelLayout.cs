namespace Winnow.Compute.Cpu.MatMul.Panels;

/// <summary>
/// The shape of panels: the <see cref="Winnow.Quantization.Layouts.BlockWords"/> of 16 rows interleaved, [word][16 rows], so that one
/// 512-bit vector holds the same word of 16 rows.
/// </summary>
internal static class PanelLayout
{
    /// <summary>Rows of a panel: the 32-bit lanes of a 512-bit vector.</summary>
    public const int Rows = 16;

    /// <summary>Bytes of the same word of all rows.</summary>
    public const int WordBytes = Rows * sizeof(uint);

    /// <summary>Panels that a tile multiplies at once.</summary>
    public const int PanelsPerTile = 2;

    /// <summary>Weight rows that a tile multiplies at once.</summary>
    public const int TileRows = Rows * PanelsPerTile;

    /// <summary>Tokens that a tile multiplies at once.</summary>
    public const int TileTokens = 4;

    /// <summary>Tokens rounded up to whole tiles, and a single one behind them, which has a kernel of its own.</summary>
    public static int Padded(int tokens) => tokens % TileTokens == 1 ? tokens : (tokens + TileTokens - 1) / TileTokens * TileTokens;
}
