using System.Globalization;
using System.Text;
using System.Text.RegularExpressions;
using Winnow.Fuzz.Running;

namespace Winnow.Fuzz.Mutation;

/// <summary>Changes texts of a language as someone would who knows its words and brackets, but not what they mean.</summary>
internal sealed partial class TextMutator
{
    private const int MostTokens = 20_000;

    private readonly string[][] _seeds;
    private readonly string[] _words;
    private readonly Func<InputRandom, string> _phrase;
    private readonly Func<string, bool> _mayFollow;

    /// <param name="seeds">Good texts.</param>
    /// <param name="words">The language's words and signs, and snippets of it.</param>
    /// <param name="phrase">Makes a piece that is good by itself.</param>
    /// <param name="mayFollow">Whether such a piece may stand behind a token.</param>
    public TextMutator(IEnumerable<string> seeds, IEnumerable<string> words, Func<InputRandom, string> phrase, Func<string, bool> mayFollow)
    {
        _phrase = phrase;
        _mayFollow = mayFollow;
        _seeds = [.. seeds.Select(seed => Token().Matches(seed).Select(match => match.Value).ToArray())];
        _words = [.. words];
    }

    /// <summary>A changed text in UTF-8.</summary>
    public byte[] Mutate(InputRandom random)
    {
        List<string> tokens = [.. random.Pick(_seeds)];
        bool isCareful = random.OneIn(2);
        for (int i = random.Few(4); i > 0; i--)
        {
            if (isCareful)
            {
                AddPhrase(tokens, random);
            }
            else
            {
                Change(tokens, random);
            }

            if (tokens.Count > MostTokens)
            {
                tokens.RemoveRange(MostTokens, tokens.Count - MostTokens);
            }
        }

        byte[] text = Encoding.UTF8.GetBytes(string.Concat(tokens));
        return random.OneIn(16) ? ByteMutation.Mutate(text, random) : text;
    }

    private void Change(List<string> tokens, InputRandom random)
    {
        if (tokens.Count == 0)
        {
            tokens.Add(random.Pick(_words));
            return;
        }

        int at = random.Next(tokens.Count);
        int count = Math.Min(random.Few(8), tokens.Count - at);
        switch (random.Next(11))
        {
            case 0:
                tokens[at] = random.Pick(_words);
                break;
            case 1:
                tokens.Insert(at, random.Pick(_words));
                break;
            case 2:
                tokens.RemoveRange(at, count);
                break;
            case 3:
                Repeat(tokens, at, count, random.OneIn(20) ? random.Next(1, 1000) : random.Few(4));
                break;
            case 4:
                int other = random.Next(tokens.Count);
                (tokens[at], tokens[other]) = (tokens[other], tokens[at]);
                break;
            case 5:
                Splice(tokens, at, random);
                break;
            case 6 or 7:
                ChangeGroup(tokens, random);
                break;
            case 8:
                ChangeNumber(tokens, at, random);
                break;
            case 9:
                tokens[at] = ChangeCharacter(tokens[at], random);
                break;
            default:
                // What a language allows in one place it may not in another of the same kind.
                tokens[at] = random.Pick(tokens);
                break;
        }
    }

    private void AddPhrase(List<string> tokens, InputRandom random)
    {
        int start = random.Next(tokens.Count);
        for (int i = 0; i < tokens.Count; i++)
        {
            int at = (start + i) % tokens.Count;
            if (_mayFollow(tokens[at]))
            {
                tokens.Insert(at + 1, _phrase(random));
                return;
            }
        }
    }

    private static void Repeat(List<string> tokens, int at, int count, int times)
    {
        string[] part = [.. tokens.Skip(at).Take(count)];
        tokens.InsertRange(at, Enumerable.Repeat(part, times).SelectMany(one => one));
    }

    /// <summary>Goes on with another text, or takes a part of it in.</summary>
    private void Splice(List<string> tokens, int at, InputRandom random)
    {
        string[] other = random.Pick(_seeds);
        int first = random.Next(other.Length);
        if (random.OneIn(2))
        {
            tokens.RemoveRange(at, tokens.Count - at);
            tokens.AddRange(other[first..]);
        }
        else
        {
            tokens.InsertRange(at, other.Skip(first).Take(random.Next(1, 40)));
        }
    }

    /// <summary>Changes what stands between brackets as a whole, so that the rest still fits together.</summary>
    private void ChangeGroup(List<string> tokens, InputRandom random)
    {
        if (FindGroup(tokens, random) is not var (first, end))
        {
            return;
        }

        string[] group = [.. tokens.Skip(first).Take(end - first)];
        switch (random.Next(4))
        {
            case 0:
                tokens.RemoveRange(first, end - first);
                break;
            case 1 when FindGroup(tokens, random) is var (otherFirst, otherEnd):
                string[] taken = [.. tokens.Skip(otherFirst).Take(otherEnd - otherFirst)];
                tokens.RemoveRange(first, end - first);
                tokens.InsertRange(first, taken);
                break;
            case 2:
                int depth = random.OneIn(10) ? random.Next(1, 2000) : random.Few(8);
                tokens.InsertRange(end, Enumerable.Repeat(group[^1], depth));
                tokens.InsertRange(first, Enumerable.Repeat(group[0], depth));
                break;
            default:
                tokens.InsertRange(end, random.OneIn(2) ? group : [random.Pick(_words), .. group]);
                break;
        }
    }

    private static (int First, int End)? FindGroup(List<string> tokens, InputRandom random)
    {
        int start = random.Next(Math.Max(tokens.Count, 1));
        for (int i = 0; i < tokens.Count; i++)
        {
            int first = (start + i) % tokens.Count;
            if (!IsOpen(tokens[first]))
            {
                continue;
            }

            int depth = 0;
            for (int at = first; at < tokens.Count; at++)
            {
                depth += IsOpen(tokens[at]) ? 1 : IsClose(tokens[at]) ? -1 : 0;
                if (depth == 0)
                {
                    return (first, at + 1);
                }
            }

            return null;
        }

        return null;
    }

    private static bool IsOpen(string token) => token is "(" or "[" or "{" or "{{" or "{%" or "{%-" or "{{-";

    private static bool IsClose(string token) => token is ")" or "]" or "}" or "}}" or "%}" or "-%}" or "-}}";

    private static void ChangeNumber(List<string> tokens, int at, InputRandom random)
    {
        for (int i = at; i < tokens.Count; i++)
        {
            if (char.IsAsciiDigit(tokens[i][0]))
            {
                tokens[i] = random.Next(4) switch
                {
                    0 => "1e" + random.Next(-400, 400).ToString(CultureInfo.InvariantCulture),
                    1 => new string('9', random.Next(1, 60)),
                    2 => random.Next(12).ToString(CultureInfo.InvariantCulture),
                    _ => ByteMutation.Number(random).ToString(CultureInfo.InvariantCulture),
                };
                return;
            }
        }
    }

    private static string ChangeCharacter(string token, InputRandom random)
    {
        char[] characters = token.ToCharArray();
        characters[random.Next(characters.Length)] = random.Next(4) switch
        {
            0 => (char)random.Next(0x20, 0x7F),
            1 => (char)random.Next(0x20),
            2 => (char)random.Next(0x10000),
            _ => random.Pick("\"'\\{}[]()%#|^$.*+?-~ \n\u2028İſΣﬁ\u0301"
                .ToCharArray()),
        };
        return new string(characters);
    }

    [GeneratedRegex(@"\{%-?|-?%\}|\{\{-?|-?\}\}|[A-Za-z_][A-Za-z_0-9]*|[0-9]+(\.[0-9]+)?|\s+|::=|[=!<>]=|""[^""\\\n]*""|'[^'\\\n]*'|.", RegexOptions.Singleline)]
    private static partial Regex Token();
}
