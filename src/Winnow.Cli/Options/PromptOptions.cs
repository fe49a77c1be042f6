using System.CommandLine;
using System.Globalization;
using Winnow.Cli.Output;
using Winnow.Documents;

namespace Winnow.Cli.Options;

/// <summary>Where a prompt comes from: text, a file, standard input, or token ids.</summary>
internal sealed class PromptOptions
{
    private readonly Option<string?> _text = new("--prompt", "-p") { Description = "The prompt.", HelpName = "TEXT" };

    private readonly Option<string?> _file = new("--file", "-f") { Description = "Read the prompt from a file: text in any encoding, PDF or DOCX (- for standard input).", HelpName = "FILE" };

    private readonly Option<string?> _tokensFile = new("--tokens-file") { Description = "Token ids separated by white space, used as they are.", HelpName = "FILE" };

    public PromptOptions AddTo(Command command)
    {
        command.Add(_text);
        command.Add(_file);
        command.Add(_tokensFile);
        return this;
    }

    /// <summary>The prompt's text, or null where it is given as ids.</summary>
    public string? Text(ParseResult parsed)
    {
        string? text = parsed.GetValue(_text);
        string? file = parsed.GetValue(_file);
        string? tokens = parsed.GetValue(_tokensFile);
        if ((text is null ? 0 : 1) + (file is null ? 0 : 1) + (tokens is null ? 0 : 1) != 1)
        {
            throw new UsageException("name the prompt once: -p TEXT, -f FILE or --tokens-file FILE");
        }

        return text ?? (file is null ? null : file == "-" ? StandardStreams.ReadToEnd() : Document.Read(file, asWritten: true));
    }

    /// <summary>The ids of <c>--tokens-file</c>.</summary>
    public int[] Ids(ParseResult parsed, int vocabularySize) => ReadIds(parsed.GetValue(_tokensFile)!, vocabularySize);

    /// <summary>Reads ids separated by white space.</summary>
    public static int[] ReadIds(string path, int vocabularySize) => ParseIds(Document.Read(path, asWritten: true), path, (char[]?)null, vocabularySize);

    /// <summary>Reads ids separated by commas.</summary>
    public static int[] ParseIdList(string list, int vocabularySize) => ParseIds(list, "--tokens", [','], vocabularySize);

    private static int[] ParseIds(string text, string source, char[]? separators, int vocabularySize)
    {
        string[] words = text.Split(separators, StringSplitOptions.RemoveEmptyEntries | StringSplitOptions.TrimEntries);
        if (words.Length == 0)
        {
            throw new UsageException($"{source}: there is no token id");
        }

        int[] ids = new int[words.Length];
        for (int i = 0; i < words.Length; i++)
        {
            if (!int.TryParse(words[i], NumberStyles.None, CultureInfo.InvariantCulture, out ids[i]) || ids[i] >= vocabularySize)
            {
                throw new UsageException($"{source}: '{words[i]}' is no token id of this model (0 to {vocabularySize - 1})");
            }
        }

        return ids;
    }
}
