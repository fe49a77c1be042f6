using System.Text;

namespace Winnow.Console.Tests.Terminal;

/// <summary>Random texts of what terminals and editors get wrong.</summary>
internal static class SampleText
{
    private static readonly string[] Pieces =
    [
        "a", "word", "of", "the", "harbour", " ", " ", " ", "  ", "\n", "e\u0301", "ü", "中", "文", "高い塔", "、", "。", "한", "😀", "👩‍👩‍👧", "👍🏽", "🇫🇷", "❤️", ".", ",", "a-very-long-word-without-any-blank", "\t", "—",
    ];

    public static string Create(Random random, int pieces, bool lines = true)
    {
        StringBuilder text = new();
        for (int i = 0; i < pieces; i++)
        {
            string piece = Pieces[random.Next(Pieces.Length)];
            text.Append(piece is "\n" or "\t" && !lines ? " " : piece);
        }

        return text.ToString();
    }
}
