using System.Globalization;
using System.Text;

namespace Winnow.Console.Tests.Screens;

/// <summary>A chat at a terminal whose screens are compared, step by step, with those of a file.</summary>
/// <remarks>
/// <c>WINNOW_RENEW_SCREENS=1</c> writes the files anew, into the sources: look at every difference before it is committed. The model, its
/// arithmetic (portable) and its choices (temperature 0) are the same on every machine, and no GPU is seen. <c>WINNOW_PROGRAM</c> names
/// another <c>winnow</c> than the one of this build: one that was compiled ahead of time, say.
/// </remarks>
internal sealed class Screenplay : IDisposable
{
    /// <summary>The prompt of a chat that waits.</summary>
    public const string Prompt = "\n>\n";

    private const string Variable = "WINNOW_RENEW_SCREENS";
    private static readonly bool Renews = Environment.GetEnvironmentVariable(Variable) is { Length: > 0 };

    private readonly string _path;
    private readonly Dictionary<string, string> _expected = [];
    private readonly StringBuilder _seen = new();
    private readonly Tmux _terminal;
    private int _step;

    /// <summary>Starts a chat.</summary>
    /// <param name="name">The file, without the size.</param>
    /// <param name="columns">Of the terminal.</param>
    /// <param name="rows">Of the terminal.</param>
    /// <param name="folder">Where the chat runs; its history is here, too.</param>
    /// <param name="arguments">Further words of the command line.</param>
    public Screenplay(string name, int columns, int rows, string folder, params string[] arguments)
    {
        Assert.SkipWhen(Tmux.WhyNot is not null, Tmux.WhyNot ?? "");
        _path = Path.Combine(Sources(), string.Create(CultureInfo.InvariantCulture, $"{name}.{columns}x{rows}.txt"));
        if (!Renews)
        {
            foreach (string step in File.ReadAllText(_path).Split("=== ", StringSplitOptions.RemoveEmptyEntries))
            {
                int line = step.IndexOf('\n', StringComparison.Ordinal);
                _expected.Add(step[..line], step[(line + 1)..]);
            }
        }

        _terminal = new Tmux(columns, rows, folder, Command(folder, ["--temp 0", .. arguments]));
        _terminal.WaitForText(Prompt);
    }

    /// <summary>The terminal, to press keys.</summary>
    public Tmux Terminal => _terminal;

    /// <summary>How the chat is started.</summary>
    public static string Command(string folder, params string[] arguments)
    {
        string host = Environment.GetEnvironmentVariable("DOTNET_HOST_PATH") ?? "dotnet";
        string program = Environment.GetEnvironmentVariable("WINNOW_PROGRAM") is { Length: > 0 } other
            ? $"'{Path.GetFullPath(other)}'"
            : $"'{host}' exec '{Path.Combine(AppContext.BaseDirectory, "Winnow.Cli.dll")}'";
        return $"env -u NO_COLOR VK_DRIVER_FILES=/dev/null VK_ICD_FILENAMES=/dev/null WINNOW_HISTORY={folder}/history HOME={folder} {program} chat -t 2 --isa portable {string.Join(' ', arguments)}";
    }

    /// <summary>Does something, and compares what stands there then.</summary>
    /// <param name="what">What is done, for the reader of the file.</param>
    /// <param name="act">Does it.</param>
    /// <param name="answers">Whether an empty prompt comes in the end; only for writing the files anew, where nobody knows what comes.</param>
    public void Step(string what, Action<Tmux> act, bool answers = false)
    {
        string title = string.Create(CultureInfo.InvariantCulture, $"{++_step:D2} {what}");
        act(_terminal);
        if (Renews)
        {
            _terminal.WaitFor(screen => !answers || screen.Contains("\n>\n[cursor 2,", StringComparison.Ordinal));
            _seen.Append("=== ").Append(title).Append('\n').Append(_terminal.WaitForRest());
            return;
        }

        Assert.True(_expected.TryGetValue(title, out string? expected), $"{_path} has no step '{title}'; {Variable}=1 writes it anew");
        string screen = _terminal.WaitFor(screen => screen == expected);
        Assert.True(screen == expected, $"{_path}, {title}\nexpected:\n{expected}\nseen:\n{screen}");
    }

    public void Dispose()
    {
        _terminal.Dispose();
        if (Renews)
        {
            File.WriteAllText(_path, _seen.ToString());
        }
    }

    /// <summary>The folder of these sources, above the program.</summary>
    private static string Sources()
    {
        DirectoryInfo? folder = new(AppContext.BaseDirectory);
        while (folder is not null && !File.Exists(Path.Combine(folder.FullName, "Engine.sln")))
        {
            folder = folder.Parent;
        }

        return Path.Combine(folder!.FullName, "tests", "Winnow.Console.Tests", "Screens");
    }
}
