using Winnow.Tokenization.Models;

namespace Winnow.Tokenization;

/// <summary>
/// Finds the tokens after which a model has nothing more to say. Files name one or two; models write others as well, so
/// that the well-known ones are recognized by their text, as llama.cpp does.
/// </summary>
internal static class EndOfGeneration
{
    private static readonly string[] EndOfTurn =
    [
        "<|eot_id|>", "<|im_end|>", "<|end|>", "<end_of_turn>", "<|endoftext|>", "<|end_of_text|>", "<EOT>", "_<EOT>", "[EOT]",
        "<｜end▁of▁sentence｜>", "<end_of_utterance>",
    ];

    private static readonly string[] Others =
    [
        "<|return|>", "<|call|>", "<|flush|>", "<|calls|>", "</s>", "<|eom_id|>", "[EOS]", "<eos>", "<turn|>", "<|tool_response>", "[e~[",
    ];

    // Pieces of code completion that mark the end of what was asked for: padding, the next repository, the next file.
    private static readonly string[] FillInTheMiddle =
    [
        "<|fim_pad|>", "<fim-pad>", "<fim_pad>", "<PAD>", "[PAD]",
        "<|fim_repo|>", "<|repo_name|>", "<fim-repo>", "<REPO>", "<reponame>",
        "<|file_sep|>",
    ];

    // Tokens that are control tokens whatever the file says, but end nothing.
    private static readonly string[] MiddleMarks =
    [
        "<|fim_prefix|>", "<fim-prefix>", "<fim_prefix>", "<｜fim▁begin｜>", "<PRE>", "▁<PRE>", "<|code_prefix|>", "<|prefix|>",
        "<|fim_suffix|>", "<fim-suffix>", "<fim_suffix>", "<｜fim▁hole｜>", "<SUF>", "▁<SUF>", "<|code_suffix|>", "<|suffix|>",
        "<|fim_middle|>", "<fim-middle>", "<fim_middle>", "<｜fim▁end｜>", "<MID>", "▁<MID>", "<|code_middle|>", "<|middle|>",
    ];

    /// <summary>Completes the ids with a role, makes control tokens of those that look like them, and collects the ends.</summary>
    /// <param name="vocabulary">Its types change where a file has a well-known control token as something else.</param>
    /// <param name="ids">The ids that the file names.</param>
    /// <param name="named">Further ids that the file names as ends.</param>
    /// <returns>The completed ids, and the tokens that end a generation.</returns>
    public static (SpecialTokenIds Ids, HashSet<int> Ends) Detect(Vocabulary vocabulary, SpecialTokenIds ids, IEnumerable<int> named)
    {
        HashSet<int> ends = [.. named];
        ids = ids with
        {
            Eot = ids.Eot ?? EndOfTurn.Select(vocabulary.Find).FirstOrDefault(id => id is not null),
            Eom = ids.Eom ?? vocabulary.Find("<|eom_id|>"),
        };
        foreach (string text in MiddleMarks)
        {
            MarkControl(text);
        }

        foreach (string text in (IEnumerable<string>)[.. EndOfTurn, .. Others, .. FillInTheMiddle])
        {
            if (MarkControl(text) is int id)
            {
                ends.Add(id);
            }
        }

        foreach (int? id in (int?[])[ids.Eos, ids.Eot, ids.Eom])
        {
            if (id is not null)
            {
                ends.Add(id.Value);
            }
        }

        // Harmony (gpt-oss) and Solar Open end a message, not a turn, with <|end|>; Gemma 4 has </s> as ordinary text.
        bool Has(string text) => vocabulary.Find(text) is int id && ends.Contains(id);
        bool calls = Has("<|call|>") || Has("<|calls|>");
        if (calls && (Has("<|return|>") || Has("<|flush|>")) && vocabulary.Find("<|end|>") is int end)
        {
            ends.Remove(end);
        }

        if (Has("<|tool_response>") && vocabulary.Find("</s>") is int stroke)
        {
            ends.Remove(stroke);
            vocabulary.SetType(stroke, TokenType.Normal);
        }

        return (ids, ends);

        int? MarkControl(string text)
        {
            int? id = vocabulary.Find(text);
            if (id is not null)
            {
                vocabulary.SetType(id.Value, TokenType.Control);
            }

            return id;
        }
    }
}
