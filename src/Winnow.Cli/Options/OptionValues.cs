using System.CommandLine;

namespace Winnow.Cli.Options;

/// <summary>The value <c>--</c>, such as a prompt of two dashes: behind an option that takes a value it is that value, and not the end of the options.</summary>
internal static class OptionValues
{
    /// <summary>Joins options with such values, in the form <c>--option=--</c>.</summary>
    /// <param name="root">All commands.</param>
    /// <param name="args">The words of the command line.</param>
    public static string[] Join(Command root, string[] args)
    {
        Command command = CommandOf(root, args);
        List<string> joined = [];
        for (int i = 0; i < args.Length; i++)
        {
            bool isValue = args[i] == "--" && joined.Count > 0 && TakesOneValue(command, joined[^1]);
            if (isValue)
            {
                joined[^1] += "=--";
                continue;
            }

            joined.Add(args[i]);
            if (args[i] == "--")
            {
                joined.AddRange(args[(i + 1)..]);
                break;
            }
        }

        return [.. joined];
    }

    private static Command CommandOf(Command root, string[] args)
    {
        Command command = root;
        foreach (string word in args)
        {
            if (command.Subcommands.FirstOrDefault(child => child.Name == word) is not { } child)
            {
                break;
            }

            command = child;
        }

        return command;
    }

    private static bool TakesOneValue(Command command, string word) =>
        command.Options.FirstOrDefault(option => option.Name == word || option.Aliases.Contains(word)) is { Arity.MinimumNumberOfValues: 1 } option
        && option.ValueType != typeof(bool);
}
