using System.CommandLine;
using System.CommandLine.Completions;
using System.CommandLine.Help;
using System.CommandLine.Invocation;
using System.Globalization;
using System.Text;

namespace Winnow.Cli.Help;

/// <summary>The help of a command: what it does and how it is called, what people need first, the rest by topic, examples.</summary>
internal sealed class HelpPage : SynchronousCommandLineAction
{
    private const int Indent = 2;
    private const int MaxWidth = 110;

    /// <summary>Narrower than this, help is cut by the terminal instead of a word a line.</summary>
    private const int MinWidth = 40;

    /// <summary>Below this width, descriptions stand under what they describe.</summary>
    private const int TwoColumnWidth = 64;

    private const int MaxNameWidth = 26;

    /// <inheritdoc/>
    public override int Invoke(ParseResult parseResult)
    {
        Write(Console.Out, parseResult.CommandResult.Command, Width());
        return ExitCodes.Success;
    }

    /// <summary>Writes the page of a command.</summary>
    /// <param name="output">Where to.</param>
    /// <param name="command">The command.</param>
    /// <param name="width">Columns.</param>
    public static void Write(TextWriter output, Command command, int width)
    {
        width = Math.Clamp(width, MinWidth, MaxWidth);
        Wrap(output, command.Description ?? "", 0, width);
        output.WriteLine();
        Wrap(output, $"Usage: {Usage(command)}", 0, width);
        WriteGroup(output, "Arguments", command.Arguments.Where(argument => argument.Description is not null), width);
        foreach (IGrouping<string, Command> topic in command.Subcommands.Where(child => !child.Hidden).GroupBy(child => HelpTopics.Of(child) ?? "Commands"))
        {
            WriteGroup(output, topic.Key, topic, width);
        }

        Option[] options = [.. command.Options.Where(option => !option.Hidden && option is not (HelpOption or VersionOption))];
        WriteGroup(output, "Options", options.Where(option => HelpTopics.Of(option) is null), width);
        foreach (IGrouping<string?, Option> topic in options.GroupBy(HelpTopics.Of).Where(topic => topic.Key is not null).OrderBy(topic => HelpTopics.Rank(topic.Key)))
        {
            WriteGroup(output, topic.Key!, topic, width);
        }

        IReadOnlyList<string> examples = HelpTopics.ExamplesOf(command);
        if (examples.Count > 0)
        {
            output.WriteLine("\nExamples:");
            foreach (string example in examples)
            {
                Wrap(output, example, Indent, width);
            }
        }

        if (command.Subcommands.Count > 0)
        {
            output.WriteLine();
            Wrap(output, $"{PathOf(command)} COMMAND --help says more of a command.", 0, width);
        }
    }

    /// <summary>Columns of the terminal; what a file is read at where there is none.</summary>
    public static int Width()
    {
        try
        {
            return Console.IsOutputRedirected ? MaxWidth : Console.WindowWidth - 1;
        }
        catch (IOException)
        {
            return MaxWidth;
        }
    }

    /// <summary>What is typed for a command, such as <c>winnow eval ruler</c>.</summary>
    public static string PathOf(Command command) =>
        command is RootCommand ? "winnow" : $"{(command.Parents.OfType<Command>().FirstOrDefault() is { } parent ? PathOf(parent) : "winnow")} {command.Name}";

    /// <summary>How an option is written with its value: <c>--temp N</c>.</summary>
    public static string Label(Option option)
    {
        string value = option.ValueType == typeof(bool) ? "" : $" {option.HelpName ?? Values(option)}";
        string? alias = option.Aliases.FirstOrDefault(name => name.Length < option.Name.Length && !name.StartsWith("--", StringComparison.Ordinal));
        return $"{(alias is null ? "" : $"{alias}, ")}{option.Name}{value}";
    }

    private static string Usage(Command command)
    {
        StringBuilder usage = new(PathOf(command));
        if (command.Subcommands.Count > 0)
        {
            return usage.Append(" COMMAND [OPTIONS]").ToString();
        }

        foreach (Argument argument in command.Arguments)
        {
            usage.Append(CultureInfo.InvariantCulture, $" {Name(argument)}");
        }

        foreach (Option option in command.Options.Where(option => option.Required))
        {
            usage.Append(CultureInfo.InvariantCulture, $" {option.Aliases.FirstOrDefault(name => name.Length == 2) ?? option.Name} {option.HelpName ?? Values(option)}");
        }

        return usage.Append(" [OPTIONS]").ToString();
    }

    private static string Name(Argument argument)
    {
        string name = argument.Name.ToUpperInvariant();
        return argument.Arity.MaximumNumberOfValues > 1 ? $"{name}…" : name;
    }

    private static string Values(Option option)
    {
        string[] values = [.. option.GetCompletions(CompletionContext.Empty).Select(completion => completion.Label)];
        return values.Length > 0 ? string.Join('|', values) : "VALUE";
    }

    private static void WriteGroup(TextWriter output, string title, IEnumerable<Symbol> symbols, int width)
    {
        (string Name, string Description)[] rows = [.. symbols.Select(symbol => (Title(symbol), Describe(symbol)))];
        if (rows.Length == 0)
        {
            return;
        }

        output.WriteLine($"\n{title}:");
        int column = width < TwoColumnWidth ? Indent + 4 : Indent + Math.Min(MaxNameWidth, rows.Max(row => row.Name.Length)) + 2;
        foreach ((string name, string description) in rows)
        {
            bool isBeside = width >= TwoColumnWidth && name.Length <= MaxNameWidth;
            output.Write(isBeside ? $"  {name}".PadRight(column) : $"  {name}\n");
            Wrap(output, description, column, width, isBeside);
        }
    }

    private static string Title(Symbol symbol) => symbol switch
    {
        Option option => Label(option),
        Argument argument => Name(argument),
        _ => symbol.Name,
    };

    private static string Describe(Symbol symbol)
    {
        string text = symbol.Description ?? "";
        if (symbol is not Option { HasDefaultValue: true } option || option.ValueType == typeof(bool))
        {
            return text;
        }

        string value = option.GetDefaultValue() switch
        {
            string word => word,
            IFormattable number => number.ToString(null, CultureInfo.InvariantCulture),
            _ => "",
        };
        return value.Length > 0 ? $"{text} [{value}]" : text;
    }

    /// <summary>Writes a text in lines of whole words.</summary>
    private static void Wrap(TextWriter output, string text, int indent, int width, bool isIndented = false)
    {
        int at = isIndented ? indent : 0;
        string blanks = new(' ', indent);
        foreach (string word in text.Split(' ', StringSplitOptions.RemoveEmptyEntries))
        {
            if (at > indent && at + 1 + word.Length > width)
            {
                output.WriteLine();
                at = 0;
            }

            string before = at == 0 ? blanks : at > indent ? " " : "";
            output.Write(before + word);
            at += before.Length + word.Length;
        }

        output.WriteLine();
    }
}
