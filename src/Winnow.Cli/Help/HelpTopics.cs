using System.CommandLine;
using System.Runtime.CompilerServices;

namespace Winnow.Cli.Help;

/// <summary>Where the help of a command shows an option or command, and which examples it ends with.</summary>
internal static class HelpTopics
{
    public const string Sampling = "Sampling";

    public const string Attention = "Attention, keys and values";

    public const string Model = "Model and device";

    private static readonly ConditionalWeakTable<Symbol, string> Topics = [];
    private static readonly ConditionalWeakTable<Command, string[]> Examples = [];

    /// <summary>Shows a symbol under a heading of its own, behind those that have none.</summary>
    public static T Under<T>(this T symbol, string topic)
        where T : Symbol
    {
        Topics.AddOrUpdate(symbol, topic);
        return symbol;
    }

    /// <summary>Ends the help of a command with examples.</summary>
    public static T WithExamples<T>(this T command, params string[] examples)
        where T : Command
    {
        Examples.AddOrUpdate(command, examples);
        return command;
    }

    /// <summary>Where a heading stands; those of commands stay in the order in which they come.</summary>
    public static int Rank(string? topic) => Array.IndexOf([null, Sampling, Attention, Model], topic);

    /// <summary>The heading of a symbol; null for the first ones.</summary>
    public static string? Of(Symbol symbol) => Topics.TryGetValue(symbol, out string? topic) ? topic : null;

    public static IReadOnlyList<string> ExamplesOf(Command command) => Examples.TryGetValue(command, out string[]? examples) ? examples : [];
}
