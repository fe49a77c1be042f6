using System.Text.Json.Nodes;
using Winnow.Templates;

namespace Winnow.Generation;

/// <summary>A conversation that fits into a context.</summary>
/// <param name="Prompt">What a session computes for it.</param>
/// <param name="Dropped">Which of the messages went: the first index, and how many.</param>
internal readonly record struct FittedChat(IReadOnlyList<int> Prompt, (int First, int Count) Dropped)
{
    /// <summary>The most of the context that is kept free for a long answer, as a part of it.</summary>
    private const int LongestPart = 2;

    /// <summary>The same for an answer of any length.</summary>
    private const int UsualPart = 4;

    /// <summary>Renders a conversation, as <see cref="Engine.EncodeChat"/> does, without the oldest exchanges where it does not fit.</summary>
    /// <remarks>
    /// If one must go, as many go as leave a quarter of the room free: the next turns find the start of the prompt unchanged, and compute
    /// only what is new.
    /// </remarks>
    /// <param name="engine">The model.</param>
    /// <param name="messages">The conversation.</param>
    /// <param name="policy">Whether any may go.</param>
    /// <param name="contextLength">Tokens that the session holds.</param>
    /// <param name="answerTokens">The longest answer; null for any.</param>
    /// <param name="tools">What the model may call.</param>
    /// <param name="variables">Further variables of the template.</param>
    /// <param name="cancellation">Gives up on a long conversation.</param>
    public static FittedChat Encode(
        Engine engine,
        IReadOnlyList<ChatMessage> messages,
        FullContextPolicy policy,
        int contextLength,
        int? answerTokens,
        JsonArray? tools,
        IReadOnlyDictionary<string, JsonNode?>? variables,
        CancellationToken cancellation)
    {
        IReadOnlyList<int> all = engine.EncodeChat(messages, tools, variables, cancellation);
        int room = contextLength - Math.Clamp(answerTokens ?? (contextLength / UsualPart), 1, Math.Max(contextLength / LongestPart, 1));
        if (policy != FullContextPolicy.DropOldestMessages || all.Count <= room)
        {
            return new FittedChat(all, (0, 0));
        }

        int first = messages.TakeWhile(message => message.Role is "system" or "developer").Count();
        int[] starts = [.. Enumerable.Range(first, messages.Count - first).Where(i => messages[i].Role == "user" && i > first)];
        FittedChat shortest = new(all, (0, 0));
        foreach (int wanted in (ReadOnlySpan<int>)[room - (room / 4), room])
        {
            int low = 0;
            int high = starts.Length;
            FittedChat? found = null;
            while (low < high)
            {
                int middle = (low + high) / 2;
                FittedChat candidate = Without(starts[middle]);
                shortest = candidate.Prompt.Count < shortest.Prompt.Count ? candidate : shortest;
                if (candidate.Prompt.Count <= wanted)
                {
                    found = candidate;
                    high = middle;
                }
                else
                {
                    low = middle + 1;
                }
            }

            if (found is { } fitted)
            {
                return fitted;
            }
        }

        // What cannot be made to fit with room for a long answer may still fit with room for a short one.
        return shortest;

        FittedChat Without(int end) =>
            new(engine.EncodeChat([.. messages.Take(first), .. messages.Skip(end)], tools, variables, cancellation), (first, end - first));
    }
}
