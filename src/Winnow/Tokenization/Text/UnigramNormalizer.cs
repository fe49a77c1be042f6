using System.Text;

namespace Winnow.Tokenization.Text;

/// <summary>What SentencePiece does to a text before a unigram model sees it: replacement of characters, spaces to ▁.</summary>
/// <param name="characters">The replacements, or null.</param>
/// <param name="addSpacePrefix">Whether the first word gets a space in front.</param>
/// <param name="mergeSpaces">Whether runs of spaces become one, and those at the ends vanish.</param>
internal sealed class UnigramNormalizer(CharacterMap? characters, bool addSpacePrefix, bool mergeSpaces)
{
    public string Apply(string text)
    {
        string replaced = characters?.Apply(text) ?? text;
        StringBuilder output = new(replaced.Length + 16);
        bool inWord = false;
        bool prefixed = false;
        foreach (char c in replaced)
        {
            if (c == ' ')
            {
                inWord = false;
                if (!mergeSpaces)
                {
                    output.Append(Utf8Text.SpaceMark);
                }

                continue;
            }

            if (!inWord && ((addSpacePrefix && !prefixed) || mergeSpaces))
            {
                output.Append(Utf8Text.SpaceMark);
                prefixed = true;
            }

            inWord = true;
            output.Append(c);
        }

        return output.ToString();
    }
}
