using System.Diagnostics;
using System.Text;
using Winnow.Cli.Options;
using Winnow.Cli.Output;
using Winnow.Formats;
using Winnow.Tests.Formats;

namespace Winnow.Tests.Cli;

/// <summary>What the process does with streams that are closed, with signals, and with what files bring to a terminal.</summary>
public sealed class StandardStreamTests : IDisposable
{
    private readonly TemporaryFolder _folder = new();

    public void Dispose() => _folder.Dispose();

    [Theory]
    [InlineData("run -p hi -n 2 --temp 0 2>&-", 0, "ptoe")]
    [InlineData("run -p hi -n 2 --temp 0 <&-", 0, "ptoe")]
    [InlineData("run -p hi -n 2 --temp 0 -v 2>/dev/full", 0, "ptoe")]
    [InlineData("run -f - -n 2 <&- 2>&1", 1, "standard input is closed")]
    [InlineData("run -p hi -n 2 2>&1 >&-", 1, "standard output is closed")]
    [InlineData("frobnicate 2>&-", 2, "")]
    [InlineData("chat <&- 2>/dev/null", 0, "")]
    public void A_stream_that_is_closed_ends_nothing_but_what_needs_it(string command, int exitCode, string output)
    {
        (int code, string text) = Shell($"timeout 60 $W {command}");
        Assert.Equal(exitCode, code);
        Assert.Contains(output, text, StringComparison.Ordinal);
    }

    [Fact]
    public void An_answer_that_nobody_reads_any_more_is_not_computed()
    {
        (_, string text) = Shell("{ timeout 60 $W run -p hi -n 30000 --ignore-eos --temp 0 2>&1; echo $? >&3; } 3>code | head -c 10; cat code");
        Assert.EndsWith("141\n", text, StringComparison.Ordinal);
    }

    [Fact]
    public void Several_commands_append_to_one_file() => Assert.Equal(
        (0, "2\n"), Shell("{ $W tokenize -p a; $W tokenize -p b; } > both && grep -c \"'\" both"));

    [Theory]
    [InlineData("TERM", 143)]
    [InlineData("HUP", 129)]
    [InlineData("INT", 130)]
    public void A_signal_stops_an_answer_cleanly(string signal, int exitCode)
    {
        (int code, string text) = Shell(
            "mkfifo out; set -m; $W run -p hi -n 3000 --ignore-eos --temp 0 >out 2>errors & P=$!; exec 3<out; head -c 4 <&3 >/dev/null; " +
            $"kill -{signal} $P; cat <&3 >/dev/null; wait $P; echo $?; cat errors");
        Assert.Equal((0, $"{exitCode}\nwinnow: interrupted\n"), (code, text));
    }

    [Fact]
    public void A_chat_that_waits_for_a_question_ends_when_it_is_told_to()
    {
        (int code, string text) = Shell(
            "mkfifo in errors; set -m; $W chat <in 2>errors & P=$!; exec 3>in 4<errors; head -n 2 <&4 >/dev/null; kill -TERM $P; wait $P; echo $?");
        Assert.Equal((0, "143\n"), (code, text));
    }

    [Theory]
    [InlineData("@no file of this name")]
    [InlineData("--")]
    [InlineData("--help me")]
    [InlineData("-n")]
    public void A_prompt_is_a_text_whatever_it_begins_with(string prompt) => Assert.Equal(
        WinnowProcess.RunJson("tokenize", "-f", _folder.Write("prompt", Encoding.UTF8.GetBytes(prompt))).GetProperty("ids").GetRawText(),
        WinnowProcess.RunJson("tokenize", "-p", prompt).GetProperty("ids").GetRawText());

    [Fact]
    public void What_stands_behind_two_dashes_is_no_option() => Assert.Equal(
        ["inspect", "--", "--json", "-p", "--"], OptionValues.Join(new System.CommandLine.RootCommand(), ["inspect", "--", "--json", "-p", "--"]));

    [Fact]
    public void A_byte_order_mark_is_no_part_of_a_prompt()
    {
        string plain = WinnowProcess.Run(["tokenize", "-f", "-"], "hello").Output;
        Assert.Equal(plain, WinnowProcess.Run(["tokenize", "-f", "-"], "\uFEFFhello").Output);
    }

    [Theory]
    [InlineData("-1")]
    [InlineData("-2")]
    public void No_number_of_tokens_is_up_to_the_end_of_the_context(string tokens) => Assert.Equal(
        16, WinnowProcess.RunJson("run", "-p", "hi", "-n", tokens, "--ignore-eos", "--ctx", "16", "--temp", "0") is var json
            ? json.GetProperty("prompt_tokens").GetInt32() + json.GetProperty("generated_tokens").GetInt32() : 0);

    [Fact]
    public void No_tokens_and_no_context_length_are_what_llama_cpp_takes_them_for()
    {
        Assert.Equal(0, WinnowProcess.RunJson("run", "-p", "hi", "-n", "0", "--ctx", "0").GetProperty("generated_tokens").GetInt32());
        Assert.Equal((0, ""), WinnowProcess.Run(["run", "-p", "hi", "-n", "0"]) is var plain ? (plain.ExitCode, plain.Output) : default);
    }

    [Theory]
    [InlineData(1)]
    [InlineData(6)]
    public void Help_on_a_narrow_terminal_is_short(int columns)
    {
        Assert.SkipUnless(File.Exists("/usr/bin/script"), "this system has no script(1)");
        (_, string text) = Shell($"script -qec \"stty cols {columns}; $W run --help\" /dev/null | wc -c");
        Assert.InRange(int.Parse(text, System.Globalization.CultureInfo.InvariantCulture), 1000, 40_000);
    }

    [Fact]
    public void Control_characters_of_a_file_are_spelled_out()
    {
        const string Evil = "\u001b]0;owned\u0007\u009b31m\u202Ename\nforged = 1";
        string path = _folder.PathOf("evil.gguf");
        GgufMetadata metadata = new(path);
        metadata.Set("general.name", Evil);
        metadata.Set(Evil, "value");
        using (GgufWriter writer = new(path, metadata))
        {
            writer.Declare(Evil, Winnow.Tensors.TensorType.F32, 4);
            writer.Write(Evil, new byte[16]);
            writer.Complete();
        }

        WinnowProcess shown = WinnowProcess.Run(["inspect", path, "--all"]);
        Assert.Equal(0, shown.ExitCode);
        Assert.DoesNotContain(shown.Output, c => VisibleText.IsControl(c));
        Assert.DoesNotContain("\nforged", shown.Output, StringComparison.Ordinal);
        Assert.Contains(@"\x1B]0;owned\x07\x9B31m\u202Ename\nforged = 1", shown.Output, StringComparison.Ordinal);
        Assert.DoesNotContain(WinnowProcess.Run(["inspect", path, "--json"]).Output, c => char.IsControl(c) && c != '\n');
        Assert.DoesNotContain(WinnowProcess.Run(["run", "-m", path, "-p", "x"]).Errors, c => char.IsControl(c) && c != '\n');
    }

    [Theory]
    [InlineData("plain\ttext\r\n", "plain\ttext\r\n")]
    [InlineData("a\rb", @"a\rb")]
    [InlineData("\u001b[31m", @"\x1B[31m")]
    [InlineData("\u0000\u007f\u009b", @"\x00\x7F\x9B")]
    [InlineData("ab\u202edc😀", @"ab\u202Edc😀")]
    public void A_visible_writer_lets_through_what_a_terminal_only_shows(string text, string shown)
    {
        StringWriter whole = new();
        new VisibleWriter(whole).Write(text);
        Assert.Equal(shown, whole.ToString());
        StringWriter single = new();
        VisibleWriter writer = new(single);
        foreach (char c in text)
        {
            writer.Write(c);
        }

        Assert.Equal(shown, single.ToString());
    }

    [Fact]
    public void A_table_keeps_each_row_in_its_line() =>
        Assert.Contains(@"| a\nb ", new TextTable("name").With(table => table.Add("a\nb")).ToString(), StringComparison.Ordinal);

    /// <summary>Runs a line of the shell in the folder, with the command in $W.</summary>
    private (int ExitCode, string Output) Shell(string line)
    {
        Assert.SkipWhen(OperatingSystem.IsWindows(), "needs a shell");
        _folder.Write("winnow.sh", Encoding.UTF8.GetBytes(
            $"exec {Environment.GetEnvironmentVariable("DOTNET_HOST_PATH") ?? "dotnet"} exec '{Path.Combine(AppContext.BaseDirectory, "Winnow.Cli.dll")}' \"$@\"\n"));
        ProcessStartInfo start = new("bash", ["-c", $"W='bash winnow.sh'; {line}"]) { WorkingDirectory = _folder.Root, RedirectStandardOutput = true };
        using Process process = Process.Start(start)!;
        string output = process.StandardOutput.ReadToEnd();
        process.WaitForExit();
        return (process.ExitCode, output);
    }
}

file static class TableExtensions
{
    public static TextTable With(this TextTable table, Action<TextTable> change)
    {
        change(table);
        return table;
    }
}
