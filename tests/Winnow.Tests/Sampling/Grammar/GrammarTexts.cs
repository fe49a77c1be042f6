using System.Text;
using Winnow.Sampling;

namespace Winnow.Tests.Sampling;

/// <summary>Follows texts through a grammar with a vocabulary of single bytes, whose token 256 ends the text.</summary>
internal static class GrammarTexts
{
    public const int End = 256;

    public static GrammarVocabulary Bytes { get; } = Vocabulary([.. Enumerable.Range(0, 256).Select(unit => new[] { (byte)unit })]);

    /// <summary>A vocabulary of given tokens, and one more that ends the text.</summary>
    public static GrammarVocabulary Vocabulary(byte[][] tokens) =>
        new(tokens.Length + 1, token => token < tokens.Length ? tokens[token] : "<end>"u8, token => token == tokens.Length, _ => false);

    /// <summary>Whether a text is whole, only the beginning of one, or neither.</summary>
    public static string Judge(Grammar grammar, string text)
    {
        GrammarConstraint constraint = new(grammar, Bytes);
        foreach (byte unit in Encoding.UTF8.GetBytes(text))
        {
            if (!constraint.Allows(unit))
            {
                return "refused";
            }

            constraint.Accept(unit);
        }

        Assert.Equal(constraint.IsComplete, constraint.Allows(End));
        return constraint.IsComplete ? "whole" : "open";
    }
}
