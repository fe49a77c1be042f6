using Winnow.Tokenization;

namespace Winnow.Retrieval;

/// <summary>A rendered prompt taken apart: what the template wrote before and behind a message, and the document and the question in it.</summary>
/// <param name="Head">The tokens before the message.</param>
/// <param name="Document">The message up to its last paragraph.</param>
/// <param name="Question">Its last paragraph.</param>
/// <param name="Tail">The tokens behind the message.</param>
internal sealed record PromptParts(IReadOnlyList<int> Head, string Document, string Question, IReadOnlyList<int> Tail)
{
    private const string Break = "\n\n";

    /// <summary>Takes a prompt apart: the longest stretch without control tokens is the message, its last paragraph the question.</summary>
    /// <returns>Null where the prompt has no paragraph before the last one.</returns>
    public static PromptParts? Split(IReadOnlyList<int> prompt, Tokenizer tokenizer)
    {
        int first = 0;
        int end = 0;
        for (int start = 0; start < prompt.Count;)
        {
            int stop = start;
            while (stop < prompt.Count && !tokenizer.IsControl(prompt[stop]))
            {
                stop++;
            }

            if (stop - start > end - first)
            {
                (first, end) = (start, stop);
            }

            start = stop + 1;
        }

        string message = tokenizer.Decode(prompt.Skip(first).Take(end - first));
        string body = message.TrimEnd();
        int at = body.LastIndexOf(Break, StringComparison.Ordinal);
        if (at <= 0)
        {
            return null;
        }

        // The role that a template writes in front of a message is a line of its own.
        int line = first > 0 ? message.IndexOf('\n', StringComparison.Ordinal) + 1 : 0;
        line = line is > 0 and <= 32 && line < at ? line : 0;
        List<int> head = [.. prompt.Take(first), .. tokenizer.Encode(message[..line])];
        return new PromptParts(
            head, message[line..at], body[(at + Break.Length)..], [.. tokenizer.Encode(message[body.Length..]), .. prompt.Skip(end)]);
    }
}
