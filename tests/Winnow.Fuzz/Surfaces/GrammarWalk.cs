using Winnow.Sampling;

namespace Winnow.Fuzz.Surfaces;

/// <summary>Generates texts under a grammar, byte by byte, as a model would.</summary>
internal static class GrammarWalk
{
    private const int Tokens = 260;
    private const int End = Tokens - 1;
    private const int MostSteps = 20;

    // Bytes that JSON and most grammars are made of come first now and then, or few texts would ever end.
    private static readonly byte[] Favourites = "\"}],:{[0123456789 abtruefalsn.-e"u8.ToArray();

    private static readonly GrammarVocabulary Vocabulary = new(
        Tokens, token => token < 256 ? new[] { (byte)token } : token < End ? "true"u8 : "<end>"u8, token => token == End, _ => false);

    /// <summary>Follows the grammar for some tokens.</summary>
    /// <param name="grammar">The grammar.</param>
    /// <param name="path">Chooses the way.</param>
    /// <returns>Whether there was a way on, or an end, at each place.</returns>
    public static bool Follow(Grammar grammar, int path)
    {
        GrammarConstraint constraint = new(grammar, Vocabulary);
        Span<float> logits = stackalloc float[Tokens];
        for (int step = 0; step < MostSteps && !constraint.IsEnded; step++)
        {
            logits.Clear();
            constraint.Apply(logits);
            int token = Choose(logits, path + (step * 7919));
            if (token < 0)
            {
                return false;
            }

            if (!constraint.Allows(token))
            {
                throw new InvalidOperationException($"token {token} is let through by Apply and not by Allows, at step {step}");
            }

            constraint.Accept(token);
        }

        return true;
    }

    private static int Choose(ReadOnlySpan<float> logits, int number)
    {
        uint hash = (uint)number * 2654435761;
        int favourite = Favourites[(int)((hash >> 8) % (uint)Favourites.Length)];
        if ((hash & 64) != 0 && logits[favourite] == 0)
        {
            return favourite;
        }

        int start = (int)(hash % Tokens);
        for (int i = 0; i < Tokens; i++)
        {
            int token = (start + i) % Tokens;
            if (logits[token] == 0)
            {
                return token;
            }
        }

        return -1;
    }
}
