using System.CommandLine;

namespace Winnow.Cli.Options;

/// <summary>Turns the engine's refusal of a value that the user typed into an error of the command line.</summary>
internal static class UserInput
{
    /// <summary>What the command line calls the properties that the engine's messages name.</summary>
    internal static readonly Dictionary<string, string> Options = new(StringComparer.Ordinal)
    {
        ["Temperature"] = "--temp",
        ["TopK"] = "--top-k",
        ["TopP"] = "--top-p",
        ["MinP"] = "--min-p",
        ["TypicalP"] = "--typical",
        ["TopNSigma"] = "--top-nsigma",
        ["XtcProbability"] = "--xtc-probability",
        ["XtcThreshold"] = "--xtc-threshold",
        ["RepeatLastN"] = "--repeat-last-n",
        ["RepeatPenalty"] = "--repeat-penalty",
        ["PresencePenalty"] = "--presence-penalty",
        ["FrequencyPenalty"] = "--frequency-penalty",
        ["DryMultiplier"] = "--dry-multiplier",
        ["DryBase"] = "--dry-base",
        ["DryAllowedLength"] = "--dry-allowed-length",
        ["Mirostat"] = "--mirostat",
        ["MirostatTau"] = "--mirostat-ent",
        ["MirostatEta"] = "--mirostat-lr",
        ["Seed"] = "--seed",
        ["Expansion"] = "--s3-expansion",
        ["Active"] = "--s3-active",
        ["Steps"] = "--s3-steps",
        ["Centroids"] = "--centroids",
        ["Budget"] = "--budget",
        ["Bm25"] = "--bm25",
        ["Edges"] = "--edges",
        ["ChunkTokens"] = "--chunk",
        ["PruneAbove"] = "--prune",
        ["ContextLength"] = "--ctx",
        ["Threads"] = "--threads",
    };

    /// <summary>Reads options into the engine's records, which check ranges.</summary>
    /// <exception cref="UsageException">A value was refused: the engine's message, in the words of the command line.</exception>
    public static T Read<T>(Func<T> read)
    {
        try
        {
            return read();
        }
        catch (ArgumentException e)
        {
            throw new UsageException(InWords(e));
        }
    }

    private static string InWords(ArgumentException error)
    {
        if (error.ParamName is not { } name)
        {
            return error.Message;
        }

        string message = error.Message.Replace($" (Parameter '{name}')", "", StringComparison.Ordinal);
        return Options.TryGetValue(name, out string? option) && message.StartsWith(name, StringComparison.Ordinal) ? option + message[name.Length..] : message;
    }

    /// <summary>Refuses numbers below a bound when the command line is parsed.</summary>
    public static Option<int> AtLeast(this Option<int> option, int least) => option.Within(least, int.MaxValue);

    /// <inheritdoc cref="AtLeast(Option{int}, int)"/>
    public static Option<int?> AtLeast(this Option<int?> option, int least)
    {
        option.CustomParser = result => InvariantNumbers.Parse(result, least, int.MaxValue);
        return option;
    }

    /// <summary>Refuses numbers outside of two bounds when the command line is parsed.</summary>
    public static Option<int> Within(this Option<int> option, int least, int most)
    {
        option.CustomParser = result => InvariantNumbers.Parse(result, least, most);
        return option;
    }

    /// <summary>The most tokens of an answer as llama.cpp takes it: -1 and -2 stand for no limit, which is what null says here; 0 asks for none.</summary>
    public static int? TokenLimit(int? typed) => typed is > 0 ? typed : null;
}
