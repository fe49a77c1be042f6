using System.CommandLine;
using System.CommandLine.Parsing;
using System.Text.RegularExpressions;

namespace Winnow.Cli.Help;

/// <summary>Says what is wrong with a command line: which word, and what it may have been meant for.</summary>
internal static partial class UsageError
{
    /// <summary>Words that other programs of the kind know as commands.</summary>
    private static readonly Dictionary<string, string> OtherCommands = new(StringComparer.OrdinalIgnoreCase)
    {
        ["pull"] = "there is no download: get a GGUF file (models/README.md says where) and name it with -m",
        ["download"] = "there is no download: get a GGUF file (models/README.md says where) and name it with -m",
        ["list"] = "models are files: name one with -m",
        ["ls"] = "models are files: name one with -m",
        ["show"] = "inspect says what a model is",
        ["serve"] = "there is no server; docs/embedding.md shows one in an application",
        ["server"] = "there is no server; docs/embedding.md shows one in an application",
        ["perplexity"] = "it is eval perplexity",
        ["ppl"] = "it is eval perplexity",
        ["ruler"] = "it is eval ruler",
        ["search"] = "it is index search",
    };

    /// <summary>The longest word of which a part of a message is made.</summary>
    private const int MaxWord = 60;

    /// <summary>What is wrong first; null where nothing is.</summary>
    public static string? Of(ParseResult parsed)
    {
        Command command = parsed.CommandResult.Command;
        if (StrayOption(parsed) is { } stray)
        {
            return UnknownOption(command, stray);
        }

        if (parsed.UnmatchedTokens.Count > 0)
        {
            string word = parsed.UnmatchedTokens[0];
            return IsOption(word) ? UnknownOption(command, word)
                : command.Subcommands.Count > 0 ? UnknownCommand(command, word)
                : $"'{Cut(word)}' is one word too many; a text of several words needs quotation marks";
        }

        return parsed.Errors.Count == 0 ? null : Explain(parsed, parsed.Errors[0]);
    }

    private static string Explain(ParseResult parsed, ParseError error)
    {
        Match choice = Choice().Match(error.Message);
        Symbol? symbol = error.SymbolResult switch
        {
            OptionResult option => option.Option,
            ArgumentResult { Parent: OptionResult option } => option.Option,
            ArgumentResult argument => argument.Argument,
            _ => null,
        };
        if (choice.Success)
        {
            string[] values = [.. Quoted().Matches(choice.Groups["values"].Value).Select(match => match.Groups[1].Value)];
            string typed = choice.Groups["typed"].Value;
            return $"{Name(symbol)}: there is no '{Cut(typed)}'; there are {string.Join(", ", values)}{DidYouMean(typed, values)}";
        }

        if (symbol is Option known)
        {
            if (known.Required && parsed.GetResult(known) is null or { Implicit: true })
            {
                return $"{HelpPage.PathOf(parsed.CommandResult.Command)} needs {HelpPage.Label(known)}";
            }

            int values = error.SymbolResult!.Tokens.Count;
            return values == 0 && parsed.GetResult(known) is { Implicit: false } && known.Arity.MinimumNumberOfValues > 0 ? $"{known.Name} needs a value: {HelpPage.Label(known)}"
                : values > known.Arity.MaximumNumberOfValues ? $"{known.Name} is given more than once"
                : error.Message.TrimEnd('.');
        }

        if (error.SymbolResult is CommandResult { Command: { } command })
        {
            Option? missing = command.Options.FirstOrDefault(option => option.Required && parsed.GetResult(option) is null or { Implicit: true });
            return missing is not null ? $"{HelpPage.PathOf(command)} needs {HelpPage.Label(missing)}" : error.Message.TrimEnd('.');
        }

        return symbol is Argument missed && error.SymbolResult!.Tokens.Count == 0 ? $"{HelpPage.PathOf(parsed.CommandResult.Command)} needs {missed.Name.ToUpperInvariant()}" : error.Message.TrimEnd('.');
    }

    /// <summary>A word that begins like an option and was taken as an argument; behind <c>--</c> it is one.</summary>
    private static string? StrayOption(ParseResult parsed) =>
        parsed.Tokens.Any(token => token.Type == TokenType.DoubleDash) ? null
        : parsed.CommandResult.Children.OfType<ArgumentResult>().SelectMany(argument => argument.Tokens).Select(token => token.Value).FirstOrDefault(IsOption);

    private static bool IsOption(string word) => word.Length > 1 && word[0] == '-' && !char.IsAsciiDigit(word[1]);

    private static string UnknownOption(Command command, string word)
    {
        string name = word.Split('=', ':')[0];
        IEnumerable<string> names = command.Options.Where(option => !option.Hidden).SelectMany(option => (string[])[option.Name, .. option.Aliases]);
        return $"{HelpPage.PathOf(command)} has no option '{Cut(name)}'{DidYouMean(name, names)}";
    }

    private static string UnknownCommand(Command command, string word)
    {
        string of = command is RootCommand ? "" : $" of {command.Name}";
        return OtherCommands.TryGetValue(word, out string? hint) && command is RootCommand
            ? $"'{Cut(word)}' is no command; {hint}"
            : $"'{Cut(word)}' is no command{of}{DidYouMean(word, command.Subcommands.Select(child => child.Name))}";
    }

    private static string DidYouMean(string word, IEnumerable<string> words) => Suggestion.For(word, words) is { } meant ? $"; did you mean '{meant}'?" : "";

    private static string Name(Symbol? symbol) => symbol is Argument argument ? argument.Name.ToUpperInvariant() : symbol?.Name ?? "the command line";

    private static string Cut(string word) => word.Length <= MaxWord ? word : $"{word[..MaxWord]}…";

    [GeneratedRegex(@"^Argument '(?<typed>.*)' not recognized\. Must be one of:(?<values>.*)$", RegexOptions.Singleline)]
    private static partial Regex Choice();

    [GeneratedRegex("'([^']*)'")]
    private static partial Regex Quoted();
}
