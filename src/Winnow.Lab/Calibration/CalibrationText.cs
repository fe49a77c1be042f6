using System.Text;

namespace Winnow.Lab.Calibration;

/// <summary>The text that methods are calibrated with where the user has none: a few pages of every kind, in ever new order.</summary>
/// <remarks>Better than nothing, and no match for texts like those that the model will read.</remarks>
public static class CalibrationText
{
    private const string Resource = "Winnow.Lab.Calibration.calibration.txt";
    private const int SentencesOfParagraph = 5;

    /// <summary>Creates a text; equal seeds give equal texts.</summary>
    /// <param name="characters">About how long it is.</param>
    /// <param name="seed">Of the order.</param>
    public static string Create(int characters = 240_000, int seed = 1)
    {
        using Stream stream = typeof(CalibrationText).Assembly.GetManifestResourceStream(Resource)!;
        using StreamReader reader = new(stream, Encoding.UTF8);
        string[] paragraphs = reader.ReadToEnd().ReplaceLineEndings("\n").Split("\n\n", StringSplitOptions.TrimEntries);
        StringBuilder text = new(string.Join("\n\n", paragraphs));
        string[] sentences = [.. paragraphs.SelectMany(paragraph => paragraph.Split(". ")).Select(sentence => sentence.TrimEnd('.') + ".")];
        Random random = new(seed);
        while (text.Length < characters)
        {
            text.Append("\n\n").AppendJoin(' ', random.GetItems(sentences, SentencesOfParagraph));
        }

        return text.ToString();
    }
}
