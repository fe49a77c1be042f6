using Winnow.Retrieval.Lexical;

namespace Winnow.Tests.Retrieval;

public class LexicalTests
{
    [Theory]
    [InlineData("Mr. Knightley, a sensible man, came home at last. He sat down again.", "Mr. Knightley, a sensible man, came home at last. |He sat down again.")]
    [InlineData("One line of words\nthat goes on here.\n\nA new paragraph.", "One line of words\nthat goes on here.\n\n|*A new paragraph.")]
    [InlineData("{\n  \"a\": 1,\n  \"b\": 2,\n}", "{\n|  \"a\": 1,\n|  \"b\": 2,\n|}")]
    [InlineData("", "")]
    [InlineData("   ", "   ")]
    public void Units_end_with_sentences_lines_of_data_and_paragraphs(string text, string expected)
    {
        List<(int Start, bool BeginsParagraph)> units = [];
        TextUnits.Split(text, units);
        string marked = text;
        foreach ((int start, bool paragraph) in units.Skip(1).Reverse())
        {
            marked = marked.Insert(start, paragraph ? "|*" : "|");
        }

        Assert.Equal(expected, marked);
        Assert.True(units.Count == 0 || units[0] == (0, true));
    }

    [Fact]
    public void Units_cover_any_text_without_gaps_and_none_is_too_long()
    {
        Random random = new(5);
        for (int run = 0; run < 200; run++)
        {
            string text = new([.. Enumerable.Range(0, random.Next(3000)).Select(_ => "abc .\n\t,}é😀"[random.Next(12)])]);
            List<(int Start, bool BeginsParagraph)> units = [];
            TextUnits.Split(text, units);
            int[] starts = [.. units.Select(unit => unit.Start)];
            Assert.Equal(text.Length > 0, starts.Length > 0);
            Assert.Equal(starts.Distinct().Order(), starts);
            Assert.All(starts.Zip(starts.Skip(1)), pair => Assert.InRange(text[pair.First..pair.Second].TrimEnd().Length, 0, 400));
        }
    }

    [Theory]
    [InlineData("The Vault-number for word_word: XY-1234!", "the vault number for word word xy 1234")]
    [InlineData("Élan déjà 東京です", "élan déjà 東 京 で す")]
    [InlineData("...", "")]
    public void Words_are_runs_of_letters_and_digits_in_lower_case(string text, string expected)
    {
        List<string> words = [];
        Words.Visit(text, word => words.Add(word.ToString()));
        Assert.Equal(expected, string.Join(' ', words));
    }

    [Fact]
    public void Bm25_equals_the_formula_written_out()
    {
        // Robertson and Zaragoza 2009 with k1 = 1.2, b = 0.75: a word in 3 of 10 passages, twice in one of 12 words where 8 are usual.
        double idf = Math.Log(1 + ((10 - 3 + 0.5) / (3 + 0.5)));
        double saturation = 2 * 2.2 / (2 + (1.2 * (0.25 + (0.75 * 12 / 8.0))));
        Assert.Equal(idf, Bm25.InverseDocumentFrequency(10, 3), 12);
        Assert.Equal(saturation, Bm25.Saturation(2, 12, 8), 12);
    }
}
