using System.Globalization;

namespace Winnow.Console.Tests.Terminal;

/// <summary>Columns of a cluster, for the few characters that the tests use: said by hand, not computed.</summary>
internal static class SlowWidth
{
    private static readonly string[] Wide = ["中", "文", "高", "い", "塔", "、", "。", "한", "👩", "😀", "👍", "🇫🇷", "👩‍👩‍👧", "👍🏽", "❤️"];

    public static int Of(string cluster) =>
        cluster.Length == 1 && CharUnicodeInfo.GetUnicodeCategory(cluster[0]) is UnicodeCategory.NonSpacingMark or UnicodeCategory.Format ? 0
        : Wide.Any(wide => cluster.StartsWith(wide, StringComparison.Ordinal)) ? 2
        : 1;
}
