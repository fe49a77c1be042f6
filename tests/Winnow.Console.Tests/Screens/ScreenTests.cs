namespace Winnow.Console.Tests.Screens;

/// <summary>The chat as a person sees it, at a usual terminal and at a small one: what stands on the screen after each step.</summary>
public sealed class ScreenTests : IDisposable
{
    private const string Family = "👩‍👩‍👧";

    private readonly TemporaryFolder _folder = new();

    public static TheoryData<int, int> Sizes => new() { { 80, 24 }, { 40, 15 } };

    public void Dispose() => _folder.Dispose();

    [Theory]
    [MemberData(nameof(Sizes))]
    public void Editing(int columns, int rows)
    {
        using Screenplay play = new("editing", columns, rows, _folder.Path, "-n 8");
        play.Step("the start", terminal => { });
        play.Step("accents, wide characters, an emoji of three people", terminal => terminal.Type($"Grüße, e\u0301te\u0301, 中文 {Family} x"));
        play.Step("two to the left, delete the emoji", terminal => terminal.Press("Left", "Left", "BSpace"));
        play.Step("Home, words, End, delete forwards", terminal => terminal.Press("Home", "M-f", "DC", "C-e", "Left", "C-d"));
        play.Step("Ctrl-W, Ctrl-A, Ctrl-K, Ctrl-Y twice", terminal => terminal.Press("C-w", "C-w", "C-a", "C-k", "C-y", "C-y"));
        play.Step("Ctrl-U, then the last two change places", terminal =>
        {
            terminal.Press("C-u");
            terminal.Type("the tow");
            terminal.Press("C-t");
        });
        play.Step("a line that is longer than the terminal, and Home", terminal =>
        {
            terminal.Type(" towers of the old harbour, which nobody had seen for a very long time, 高い塔 and all that was in them");
            terminal.Press("Home");
        });
        play.Step("text in front of it", terminal => terminal.Type("Of "));
        play.Step("Ctrl-C with half a line", terminal => terminal.Press("C-c"));
        play.Step("Ctrl-L", terminal => terminal.Press("C-l"));
        play.Step("a line that goes on, Alt-Enter, Ctrl-J", terminal =>
        {
            terminal.Type("one\\");
            terminal.Press("Enter");
            terminal.Type("two");
            terminal.Press("M-Enter");
            terminal.Type("three");
            terminal.Press("C-j");
            terminal.Type("four");
        });
        play.Step("up two lines, type there", terminal =>
        {
            terminal.Press("Up", "Up", "End");
            terminal.Type(" and a half");
        });
        play.Step("Ctrl-C, three quotation marks", terminal =>
        {
            terminal.Press("C-c");
            terminal.WaitForText("leave");
            terminal.Type("\"\"\"first");
            terminal.Press("Enter");
            terminal.Type("second\"\"\"");
        });
        play.Step("Ctrl-C, paste of three lines with control characters", terminal =>
        {
            terminal.Press("C-c", "C-l");
            terminal.Paste("What is this?\n\tA text \u001b[31mwith\u0003 colours.\n中文 end");
        });
        play.Step("an answer to all three", terminal => terminal.Press("Enter"), answers: true);
        play.Step("Up, edited", terminal =>
        {
            terminal.Press("C-l", "Up", "C-a");
            terminal.Type("Again: ");
        });
        play.Step("down to nothing, Ctrl-R", terminal =>
        {
            terminal.Press("C-u", "C-k", "Down", "Down", "Down", "C-c", "C-l");
            terminal.Press("C-r");
            terminal.Type("COLOUR");
        });
        play.Step("taken, and the end of the input on an empty line", terminal =>
        {
            terminal.Press("C-e", "C-c", "C-l", "C-d");
        });
    }

    [Theory]
    [MemberData(nameof(Sizes))]
    public void Commands(int columns, int rows)
    {
        _folder.Write("notes one.txt", "The harbour was quiet. The signal code of the harbour is 51423. Nobody came.\n");
        _folder.Write("notes two.txt", "Nothing here.\n");
        _folder.Write(".hidden", "x");
        using Screenplay play = new("commands", columns, rows, _folder.Path, "-n 12");
        play.Step("/help", terminal => Say(terminal, "/help"));
        play.Step("/help documents", terminal => SayAfterClearing(terminal, "/help documents"), answers: true);
        play.Step("other words, other cases", terminal =>
        {
            terminal.Press("C-l");
            Say(terminal, "/Hepl", "/frobnicate", "help", "/ATTENTION", "/sources", "/documents", "/copy", "/regen");
        });
        play.Step("a path is no command", terminal => SayAfterClearing(terminal, "/etc/hosts is what?"), answers: true);
        play.Step("Tab: a command, twice: what there is", terminal =>
        {
            terminal.Press("C-l");
            terminal.Type("/doc");
            terminal.Press("Tab", "Tab");
        });
        play.Step("Tab: a path with a blank, then the folder of the user", terminal =>
        {
            terminal.Press("C-u");
            terminal.Type("/file no");
            terminal.Press("Tab");
            terminal.Type("o");
            terminal.Press("Tab", "Enter");
        });
        play.Step("what is not there, what is a folder", terminal => SayAfterClearing(terminal, "/file nothing.txt", "/file .", "/load notes\\ two.txt"), answers: true);
        play.Step("a question about the text", terminal => SayAfterClearing(terminal, "What is the signal code of the harbour?"), answers: true);
        play.Step("another way to attend, and the answer anew", terminal => SayAfterClearing(terminal, "/attention recycled:k=64", "/regen"), answers: true);
        play.Step("to the clipboard", terminal => SayAfterClearing(terminal, "/copy"), answers: true);
        Assert.Equal("The signal code for the harbour is 514", play.Terminal.Clipboard().Trim());
        play.Step("what computes, what is not there, the same again", terminal => SayAfterClearing(terminal, "/device", "/device gpu", "/device cpu"), answers: true);
        play.Step("take it back, go on with nothing", terminal => SayAfterClearing(terminal, "/undo", "/continue", "/undo", "/messages"), answers: true);
        play.Step("leave by another word", terminal => SayAfterClearing(terminal, "/bye"));
    }

    [Theory]
    [MemberData(nameof(Sizes))]
    public void Documents(int columns, int rows)
    {
        _folder.Write("harbour.txt", Filler(6) + "The signal code of the harbour is 51423.\n" + Filler(6));
        _folder.Write("docs/tower.txt", Filler(3) + "The docket number of the tower is 90817.\u001b[31m\n" + Filler(3));
        _folder.Write("picture.png", "\u0089PNG\r\n");
        File.WriteAllBytes(Path.Combine(_folder.Path, "archive.zip"), [.. "PK\x03\x04"u8, 0, 0, 0, 0]);
        _folder.Write("long.txt", Filler(400));
        using Screenplay play = new("documents", columns, rows, _folder.Path, "-n 40 -c 2048");
        play.Step("a text, a folder, and what is none", terminal => SayAfterClearing(terminal, "/document harbour.txt", "/document docs", "/document archive.zip", "/document harbour.txt"), answers: true);
        play.Step("a question", terminal => SayAfterClearing(terminal, "What is the docket number of the tower?"), answers: true);
        play.Step("what it was made from", terminal => SayAfterClearing(terminal, "/sources"), answers: true);
        play.Step("saved, cleared", terminal => SayAfterClearing(terminal, "/save talk.json", "/clear", "/documents"), answers: true);
        play.Step("one taken out, no sources", terminal => SayAfterClearing(terminal, "/documents remove 1", "/documents remove 7", "/documents", "/sources"), answers: true);
        play.Step("all of it comes back", terminal => SayAfterClearing(terminal, "/load talk.json", "/documents", "/messages"), answers: true);
        play.Step("a text that does not fit", terminal => SayAfterClearing(terminal, "/documents remove all", "/file long.txt"), answers: true);
        play.Step("another file is not written over", terminal => SayAfterClearing(terminal, "/save long.txt"), answers: true);
    }

    [Theory]
    [MemberData(nameof(Sizes))]
    public void Interrupts(int columns, int rows)
    {
        _folder.Write("long.txt", Filler(400));
        using Screenplay play = new("interrupts", columns, rows, _folder.Path, "-m", OtherModel(), "-n 6000", "--seed 1");
        play.Step("the model, one that is not there, the same again", terminal => SayAfterClearing(terminal, "/model", "/model nothing.gguf", "/model other.gguf"), answers: true);
        play.Step("while a prompt is read", terminal =>
        {
            terminal.Press("C-l");
            Say(terminal, "/file long.txt", "Who walked along the river?");
            terminal.WaitForText("reading [");
            terminal.Press("C-c");
        });
        play.Step("the text is still there; the prompt after Ctrl-C, with half a line and without", terminal =>
        {
            terminal.Press("C-l");
            terminal.Type("half");
            terminal.Press("C-c");
            terminal.WaitForText("leave");
            Say(terminal, "/clear");
            terminal.Press("C-c");
        });
        play.Step("while it replies: once more does not leave", terminal =>
        {
            SayAfterClearing(terminal, "The sun shone, and");
            terminal.WaitForText("The sun shone, and the");
            terminal.Press("C-c");
            terminal.WaitForText("stopped; /continue goes on");
            terminal.Press("C-c");
            terminal.WaitForText("press Ctrl-C again to leave");
            terminal.Press("C-l");
        });
        play.Step("narrower, while a line is written", terminal =>
        {
            terminal.Type("A line that is about as long as the wider one of the two terminals, 中文");
            terminal.WaitForText("中文");
            terminal.Resize(columns - 13, rows);
        });
        play.Step("wider again", terminal => terminal.Resize(columns, rows));
        play.Step("twice on an empty line", terminal =>
        {
            terminal.Press("C-u");
            terminal.Press("C-c");
            terminal.WaitForText("press Ctrl-C again to leave");
            terminal.Press("C-c");
        });
    }

    [Fact]
    public void A_window_that_changes_while_a_reply_is_written_gets_whole_words_and_full_rows()
    {
        const int Rows = 10;
        Assert.SkipWhen(Tmux.WhyNot is not null, Tmux.WhyNot ?? "");
        using Tmux terminal = new(60, Rows, _folder.Path, Screenplay.Command(_folder.Path, "-m", OtherModel(), "-n 6000", "--temp 1", "--seed 1"));
        terminal.WaitForText(Screenplay.Prompt);
        Say(terminal, "The sun shone, and");
        WaitForRows(terminal, 1);
        List<(int Columns, string[] Rows)> screens = [];
        foreach (int columns in (int[])[33, 47, 21])
        {
            // What was written before is wrapped by the terminal itself, until it has left the screen.
            terminal.Resize(columns, Rows);
            WaitForRows(terminal, terminal.RowsAbove() + Rows + 1);
            screens.Add((columns, terminal.Capture().Split('\n')[..(Rows - 1)]));
        }

        terminal.Press("C-c");
        terminal.WaitForText("stopped; /continue");
        terminal.WaitForText(Screenplay.Prompt);
        Say(terminal, "/copy");
        terminal.WaitForText("clipboard");
        string reply = Words(terminal.Clipboard());
        Assert.All(screens, screen =>
        {
            Assert.Contains(Words(string.Join('\n', screen.Rows)), reply, StringComparison.Ordinal);
            Assert.InRange(screen.Rows.Max(row => row.Length), screen.Columns - 6, screen.Columns);
        });
    }

    [Fact]
    public void Ctrl_Z_gives_the_terminal_back_and_fg_takes_it_again()
    {
        Assert.SkipWhen(Tmux.WhyNot is not null, Tmux.WhyNot ?? "");
        string command = Screenplay.Command(_folder.Path, "-m", OtherModel(), "-n 6000", "--temp 1", "--seed 1");
        const string Shell = "echo \"[at the shell]\"; read -r line; echo \"[$line]\"; fg";
        using Tmux terminal = new(60, 15, _folder.Path, $"set -m; {command}; {Shell}; {Shell}");
        terminal.WaitForText(Screenplay.Prompt);
        terminal.Type("The sun shone,");
        terminal.Press("C-z");
        terminal.WaitForText("[at the shell]");

        // The terminal edits lines again, and shows what is typed.
        terminal.Type("hallo");
        terminal.Press("Left", "C-u");
        terminal.Type("hello");
        terminal.Press("Enter");
        terminal.WaitForText("\n[hello]\n");
        terminal.WaitForText("\n> The sun shone,\n[cursor 16,");
        terminal.Press("C-a", "C-e");
        terminal.Type(" and");
        terminal.WaitForText("> The sun shone, and\n");
        int above = terminal.RowsAbove();
        terminal.Press("Enter");
        WaitForRows(terminal, above + 20);
        terminal.Press("C-z");
        terminal.WaitForText("[at the shell]\n[cursor 0,");
        terminal.Type("on");
        terminal.Press("Enter");
        terminal.WaitForText("\n[on]\n");
        WaitForRows(terminal, terminal.RowsAbove() + 20);
        terminal.Press("C-c");
        terminal.WaitForText("stopped; /continue goes on\n>\n");
        Say(terminal, "/exit");
        terminal.WaitForText("[exit 0]");
    }

    [Fact]
    public void Ctrl_C_while_the_model_is_loaded_ends_the_program()
    {
        Assert.SkipWhen(Tmux.WhyNot is not null, Tmux.WhyNot ?? "");
        using Tmux terminal = new(80, 24, _folder.Path, $"echo '[start]'; {Screenplay.Command(_folder.Path)}");
        terminal.WaitForText("[start]");
        terminal.Press("C-c");
        terminal.WaitForText("[exit 130]");
    }

    [Fact]
    public void What_was_typed_is_found_by_the_next_chat_and_by_nobody_else()
    {
        Assert.SkipWhen(Tmux.WhyNot is not null, Tmux.WhyNot ?? "");
        using (Tmux first = new(80, 24, _folder.Path, Screenplay.Command(_folder.Path)))
        {
            first.WaitForText(Screenplay.Prompt);
            Say(first, " /stats", "/system Be brief.", "/exit");
            first.WaitForText("[exit 0]");
        }

        string history = Path.Combine(_folder.Path, "history");
        Assert.Equal("/system Be brief.\n/exit\n", File.ReadAllText(history));
        if (!OperatingSystem.IsWindows())
        {
            Assert.Equal(UnixFileMode.UserRead | UnixFileMode.UserWrite, File.GetUnixFileMode(history));
        }

        using Tmux second = new(80, 24, _folder.Path, Screenplay.Command(_folder.Path));
        second.WaitForText(Screenplay.Prompt);
        second.Press("Up", "Up");
        second.WaitForText("> /system Be brief.");
    }

    [Fact]
    public void A_paste_of_megabytes_is_fast_and_one_message()
    {
        Assert.SkipWhen(Tmux.WhyNot is not null, Tmux.WhyNot ?? "");
        string paste = _folder.Write("paste", string.Concat(Enumerable.Repeat("A line of a long text, pasted.\n", 70_000)) + "THE END");
        using Tmux terminal = new(80, 24, _folder.Path, Screenplay.Command(_folder.Path));
        terminal.WaitForText(Screenplay.Prompt);
        terminal.PasteFile(paste);
        terminal.WaitForText("THE END");
        terminal.Type(" or not");
        terminal.WaitForText("THE END or not");
        terminal.Press("C-c");
        terminal.WaitForText("press Ctrl-C again to leave");
    }

    [Fact]
    public void A_terminal_that_can_only_print_lines_gets_lines()
    {
        Assert.SkipWhen(Tmux.WhyNot is not null, Tmux.WhyNot ?? "");
        using Tmux terminal = new(80, 24, _folder.Path, "TERM=dumb " + Screenplay.Command(_folder.Path));
        terminal.WaitForText(Screenplay.Prompt);
        Say(terminal, "/stats");
        terminal.WaitForText("no reply yet");
        terminal.Press("C-c");
        terminal.WaitForText("press Ctrl-C again to leave");
        terminal.Press("C-d");
        terminal.WaitForText("[exit 0]");
    }

    private static void SayAfterClearing(Tmux terminal, params string[] messages)
    {
        terminal.Press("C-l");
        Say(terminal, messages);
    }

    private static void Say(Tmux terminal, params string[] messages)
    {
        foreach (string message in messages)
        {
            terminal.Type(message);
            terminal.Press("Enter");
        }
    }

    private static string Filler(int sentences) =>
        string.Concat(Enumerable.Range(0, sentences).Select(i => $"The old gardener walked slowly along the river for the {i}th time, while rain fell upon the roof.\n"));

    private static void WaitForRows(Tmux terminal, int above)
    {
        terminal.WaitFor(_ => terminal.RowsAbove() >= above);
        Assert.InRange(terminal.RowsAbove(), above, int.MaxValue);
    }

    private static string Words(string text) => string.Join(' ', text.Split([' ', '\n'], StringSplitOptions.RemoveEmptyEntries));

    /// <summary>By another name it is not the bundled model, and finds no end by itself.</summary>
    private string OtherModel()
    {
        const string Name = "other.gguf";
        File.CreateSymbolicLink(Path.Combine(_folder.Path, Name), Path.Combine(Checkout(), "models", "lab-q8_0.gguf"));
        return Name;
    }

    private static string Checkout()
    {
        DirectoryInfo? folder = new(AppContext.BaseDirectory);
        while (!File.Exists(Path.Combine(folder!.FullName, "Engine.sln")))
        {
            folder = folder.Parent;
        }

        return folder.FullName;
    }
}
