namespace Winnow.Cli.Terminal;

/// <summary>What may stand in place of what was begun.</summary>
/// <param name="Start">Where that begins, as an index into the text; it ends at the cursor.</param>
/// <param name="Candidates">What may stand there.</param>
internal sealed record Completion(int Start, IReadOnlyList<string> Candidates)
{
    /// <summary>Nothing.</summary>
    public static Completion None { get; } = new(0, []);

    /// <summary>What all candidates begin with.</summary>
    public string Common
    {
        get
        {
            string common = Candidates.Count == 0 ? "" : Candidates[0];
            foreach (string candidate in Candidates)
            {
                int length = 0;
                while (length < common.Length && length < candidate.Length && common[length] == candidate[length])
                {
                    length++;
                }

                common = common[..length];
            }

            return common.Length > 0 && char.IsHighSurrogate(common[^1]) ? common[..^1] : common;
        }
    }
}
