using System.Text;

namespace Winnow.Tests.Tokenization;

/// <summary>Texts that mix what tokenizers stumble over: scripts, marks, digits, white space, emoji, unassigned characters.</summary>
internal static class RandomText
{
    private static readonly string[] Words = ["'s", "'LL", " the", " world", "Hello", "<s>", "\r\n\r\n"];

    public static string Create(int seed)
    {
        Random random = new(seed);
        StringBuilder text = new();
        int parts = random.Next(1, 60);
        for (int i = 0; i < parts; i++)
        {
            int kind = random.Next(10);
            int length = random.Next(1, 6);
            for (int k = 0; k < length; k++)
            {
                text.Append(kind switch
                {
                    0 => Pick("abcXYZ"),
                    1 => Pick(" \t\n\r\u00A0\u3000\u2003"),
                    2 => Pick("0123456789½٣"),
                    3 => Pick("'.,!?;:-_()[]{}<>/\\|@#$%^&*+=~`\""),
                    4 => ((char)random.Next(0x4E00, 0x9FA0)).ToString(),
                    5 => ((char)random.Next(0xAC00, 0xD7A0)).ToString(),
                    6 => new Rune(random.Next(0x1F300, 0x1F700)).ToString(),
                    7 => Pick("ÀéßŁЖжΣςא\u0301\u0308\u093F"),
                    8 => AnyRune(random).ToString(),
                    _ => k == 0 ? random.GetItems(Words, 1)[0] : "",
                });
            }
        }

        return text.ToString();

        string Pick(string letters) => letters[random.Next(letters.Length)].ToString();
    }

    private static Rune AnyRune(Random random)
    {
        while (true)
        {
            if (Rune.TryCreate(random.Next(1, 0x110000), out Rune rune))
            {
                return rune;
            }
        }
    }
}
