using Winnow.Generation;

namespace Winnow.Cli;

/// <summary>The small model that comes with the repository.</summary>
internal static class BundledModel
{
    /// <summary>What it can do, said before anybody is disappointed.</summary>
    public const string Banner = "This small model finds facts in a text, such as a number or a code, and cannot chat. Try /example.";

    /// <summary>Said behind an answer that no text stands behind.</summary>
    public const string SmallTalk = "(this small model cannot chat: ask it about a text, as /example shows)";

    /// <summary>Tokens of a reply at most, unless the user says otherwise.</summary>
    public const int ReplyTokens = 200;

    /// <summary>Answers of this model that are right are shorter.</summary>
    private const int UsualTokens = 32;

    /// <summary>So many tokens of one phrase are none that it was asked for.</summary>
    private const int StutterTokens = 24;

    private const string FileName = "lab-q8_0.gguf";

    /// <summary>Its path: beside the program, or in the <c>models</c> folder of a checkout that the program runs from.</summary>
    /// <exception cref="UsageException">It is not there.</exception>
    public static string Find() =>
        FindOrNull() ?? throw new UsageException("the bundled model is not beside this program; name one with -m FILE (models/README.md says where to get some)");

    /// <summary>Whether a path leads to it.</summary>
    public static bool Is(string path) => FindOrNull() is { } bundled && Path.GetFullPath(path) == bundled;

    /// <summary>Makes its end more likely the longer an answer is, and stops it where it stutters: by itself it often finds no end.</summary>
    /// <param name="options">What the user asks for; a grammar, or to go on behind the end, is left alone.</param>
    /// <param name="engine">The model.</param>
    public static GenerationOptions Shorten(GenerationOptions options, Engine engine) => options is { IgnoreEndOfGeneration: true } or { Grammar: not null } ? options : options with
    {
        RepetitionLimit = StutterTokens,
        Sampling = options.Sampling with { LogitsProcessors = [.. options.Sampling.LogitsProcessors, new LengthPenalty(engine.Tokenizer, UsualTokens)] },
    };

    private static string? FindOrNull()
    {
        for (DirectoryInfo? folder = new(AppContext.BaseDirectory); folder is not null; folder = folder.Parent)
        {
            string candidate = Path.Combine(folder.FullName, "models", FileName);
            if (File.Exists(candidate))
            {
                return candidate;
            }
        }

        return null;
    }
}
