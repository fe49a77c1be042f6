using System.CommandLine;
using Winnow.Cli.Commands;
using Winnow.Cli.Help;
using Winnow.Cli.Options;
using Winnow.Generation;
using Winnow.Lab.Quantization;

namespace Winnow.Tests.Cli;

/// <summary>Help says what people need first, fits the terminal, and comes where somebody asks for it.</summary>
public sealed class HelpTests
{
    [Fact]
    public void Winnow_alone_and_groups_of_commands_show_their_help()
    {
        WinnowProcess alone = WinnowProcess.Run([]);
        Assert.Equal((0, ""), (alone.ExitCode, alone.Errors));
        Assert.Contains("Usage: winnow COMMAND [OPTIONS]", alone.Output, StringComparison.Ordinal);
        Assert.Contains("  chat ", alone.Output, StringComparison.Ordinal);
        Assert.Equal(alone.Output, WinnowProcess.Run(["--help"]).Output);
        Assert.Equal(alone.Output, WinnowProcess.Run(["help"]).Output);
        WinnowProcess eval = WinnowProcess.Run(["eval"]);
        Assert.Equal((0, WinnowProcess.Run(["help", "eval"]).Output), (eval.ExitCode, eval.Output));
        Assert.Contains("  ruler ", eval.Output, StringComparison.Ordinal);
    }

    [Fact]
    public void What_people_need_comes_before_sampling_and_devices()
    {
        string page = Page(RunCommand.Create(), 80);
        string[] order = ["Continue a prompt", "Usage: winnow run", "--model FILE", "--prompt TEXT", "Sampling:", "--temp N", "Attention, keys and values:", "--ctx N", "Model and device:", "--isa "];
        int[] places = [.. order.Select(text => page.IndexOf(text, StringComparison.Ordinal))];
        Assert.DoesNotContain(-1, places);
        Assert.Equal(places.Order(), places);
        Assert.Contains("[0.8]", page, StringComparison.Ordinal);
    }

    [Fact]
    public void Shapes_are_listed() => Assert.Contains("llama-3.2-1b, llama-3.1-8b", Page(SynthCommand.Create(), 110), StringComparison.Ordinal);

    /// <summary>A message of the engine names a property; the command line puts the option in its place.</summary>
    [Fact]
    public void Properties_that_messages_name_have_their_options()
    {
        string[] options =
        [
            .. typeof(RunCommand).Assembly.GetTypes().Where(type => type.Namespace == typeof(RunCommand).Namespace && type.Name.EndsWith("Command", StringComparison.Ordinal))
                .Select(type => type.GetMethod("Create", [])?.Invoke(null, [])).OfType<Command>()
                .SelectMany(command => command.Subcommands.Prepend(command)).SelectMany(command => command.Options)
                .SelectMany(option => option.Aliases.Prepend(option.Name)).Distinct()
        ];
        string[] properties =
        [
            .. new[] { typeof(Engine).Assembly, typeof(ModelQuantizer).Assembly }
                .SelectMany(assembly => assembly.GetExportedTypes()).SelectMany(type => type.GetProperties()).Select(property => property.Name).Distinct()
        ];
        Assert.Empty(UserInput.Options.Values.Except(options));
        Assert.Empty(UserInput.Options.Keys.Except(properties));
    }

    [Theory]
    [InlineData(40)]
    [InlineData(63)]
    [InlineData(64)]
    [InlineData(80)]
    [InlineData(110)]
    public void Lines_are_no_wider_than_the_terminal(int width)
    {
        Command[] commands = [RunCommand.Create(), BenchCommand.Create(), QuantizeCommand.Create(), EvalCommand.Create(), IndexCommand.Create(), ChatCommand.Create()];
        foreach (Command command in commands.SelectMany(command => command.Subcommands.Prepend(command)))
        {
            foreach (string line in Page(command, width).Split('\n'))
            {
                // A word alone may be longer than the line.
                Assert.True(line.Length <= width || !line.Trim().Contains(' ') || line.TrimStart().StartsWith("--", StringComparison.Ordinal), $"{command.Name}: {line.Length} columns: {line}");
            }
        }
    }

    [Theory]
    [InlineData("chta", "chat")]
    [InlineData("quantise", "quantize")]
    [InlineData("insp", "inspect")]
    [InlineData("bnch", "bench")]
    [InlineData("frobnicate", null)]
    [InlineData("x", null)]
    [InlineData("", null)]
    public void The_nearest_word_is_meant(string typed, string? meant) =>
        Assert.Equal(meant, Suggestion.For(typed, ["chat", "run", "bench", "bench-batch", "quantize", "inspect"]));

    private static string Page(Command command, int width)
    {
        using StringWriter output = new() { NewLine = "\n" };
        HelpPage.Write(output, command, width);
        return output.ToString();
    }
}
