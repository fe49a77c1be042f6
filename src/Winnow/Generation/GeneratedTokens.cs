using System.Text;

namespace Winnow.Generation;

/// <summary>What can be done with the tokens of an answer.</summary>
public static class GeneratedTokens
{
    /// <summary>Waits for the end of an answer and gives its text.</summary>
    /// <param name="tokens">The answer.</param>
    /// <param name="cancellationToken">Stops it.</param>
    public static async Task<string> ToTextAsync(this IAsyncEnumerable<GeneratedToken> tokens, CancellationToken cancellationToken = default)
    {
        ArgumentNullException.ThrowIfNull(tokens);
        StringBuilder text = new();
        await foreach (GeneratedToken token in tokens.WithCancellation(cancellationToken).ConfigureAwait(false))
        {
            text.Append(token.Text);
        }

        return text.ToString();
    }
}
