namespace Winnow.Comparison;

/// <summary>What both engines are asked for: greedy answers of a fixed length to prompts of random tokens, each other than the last.</summary>
/// <param name="Model">The GGUF file.</param>
/// <param name="AnswerTokens">Tokens of an answer.</param>
internal sealed record Workload(string Model, int AnswerTokens)
{
    public const int Threads = 2;
    public const int PromptTokens = 128;
    public const int ContextTokens = 1024;

    private int _next;

    /// <summary>The next prompt.</summary>
    /// <param name="vocabulary">Tokens of the model.</param>
    public int[] Prompt(int vocabulary)
    {
        Random random = new(_next++);
        return [.. Enumerable.Range(0, PromptTokens).Select(_ => random.Next(300, Math.Min(vocabulary, 8000)))];
    }
}
