using System.Text;

namespace Winnow.Tokenization.Text;

/// <summary>
/// Cuts runs of digits into groups of three counted from the right (1234567 → 1, 234, 567). An expression can say the
/// same with look-ahead, but takes quadratic time on a long run.
/// </summary>
/// <param name="asciiOnly">
/// Whether only 0 to 9 count as digits, and the cut before a group is all there is; otherwise everything of category N
/// counts, the end of a run is a cut and its beginning is none (llama.cpp's reading of AFMoE and Tiny Aya).
/// </param>
internal sealed class DigitGroups(bool asciiOnly) : PreTokenizerStep
{
    public override void Split(ReadOnlyMemory<char> piece, bool startOfText, List<ReadOnlyMemory<char>> output, CancellationToken cancellation)
    {
        ReadOnlySpan<char> text = piece.Span;
        List<int> run = [];
        int start = 0;
        int offset = 0;
        while (offset < text.Length)
        {
            if (IsDigit(text[offset..], out int length))
            {
                run.Add(offset);
            }
            else
            {
                EndRun(offset, output);
            }

            offset += length;
        }

        EndRun(offset, output);
        Cut(offset, output);

        void EndRun(int end, List<ReadOnlyMemory<char>> output)
        {
            for (int i = asciiOnly ? 0 : 1; i < run.Count; i++)
            {
                if ((run.Count - i) % 3 == 0)
                {
                    Cut(run[i], output);
                }
            }

            if (run.Count > 0 && !asciiOnly)
            {
                Cut(end, output);
            }

            run.Clear();
        }

        void Cut(int end, List<ReadOnlyMemory<char>> output)
        {
            if (end > start)
            {
                output.Add(piece[start..end]);
                start = end;
            }
        }
    }

    private bool IsDigit(ReadOnlySpan<char> text, out int length)
    {
        Rune.DecodeFromUtf16(text, out Rune rune, out length);
        return asciiOnly ? rune.Value is >= '0' and <= '9' : Rune.IsNumber(rune);
    }
}
