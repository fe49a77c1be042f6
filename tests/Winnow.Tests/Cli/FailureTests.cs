using Winnow.Tests.Formats;
using Winnow.Tests.Models;

namespace Winnow.Tests.Cli;

/// <summary>What goes wrong is one clear line and the right exit code: 1 for a failure, 2 for a wrong command line.</summary>
public sealed class FailureTests : IDisposable
{
    private readonly TemporaryFolder _folder = new();

    public void Dispose() => _folder.Dispose();

    [Fact]
    public void A_missing_model_is_named() => Fails(1, "nowhere.gguf", "run", "-m", _folder.PathOf("nowhere.gguf"), "-p", "x");

    [Fact]
    public void A_directory_that_holds_no_model_is_named() => Fails(1, "config.json", "run", "-m", _folder.Root, "-p", "x");

    [Fact]
    public void A_file_of_another_kind_is_named()
    {
        string text = _folder.Write("notes.gguf", "these are notes, and no model at all"u8.ToArray());
        Fails(1, "notes.gguf", "run", "-m", text, "-p", "x");
        Fails(1, "notes.gguf", "inspect", text);
        Fails(1, "notes.gguf", "quantize", text, _folder.PathOf("out.gguf"), "Q8_0");
        Assert.False(File.Exists(_folder.PathOf("out.gguf")));
    }

    [Fact]
    public void An_unsupported_architecture_is_named_with_what_is_supported()
    {
        using EditedModel model = new("llama", config => { config["model_type"] = "mamba"; config["architectures"] = new System.Text.Json.Nodes.JsonArray("MambaForCausalLM"); });
        Fails(1, "mamba", "run", "-m", model.Folder, "-p", "x");
        Fails(1, "llama", "run", "-m", model.Folder, "-p", "x");
    }

    [Fact]
    public void A_prompt_that_does_not_fit_names_both_lengths()
    {
        string prompt = _folder.Write("long.txt", System.Text.Encoding.ASCII.GetBytes(string.Concat(Enumerable.Repeat("word ", 200))));
        Fails(1, "64", "run", "-f", prompt, "--ctx", "64");
    }

    [Fact]
    public void A_text_for_a_model_without_a_vocabulary_is_refused() =>
        Fails(1, "no vocabulary", "run", "-m", TinyModels.Path("llama"), "-p", "x");

    [Fact]
    public void A_missing_prompt_file_is_named() => Fails(1, "nowhere.txt", "run", "-f", _folder.PathOf("nowhere.txt"));

    [Fact]
    public void A_full_disk_is_reported()
    {
        Assert.SkipUnless(File.Exists("/dev/full"), "this system has no /dev/full");
        Fails(1, "/dev/full", "logits", "--tokens", "1,2", "-o", "/dev/full");
    }

    [Theory]
    [InlineData("run")]
    [InlineData("run", "-p", "x", "-f", "y")]
    [InlineData("run", "-p", "x", "--temp", "-1")]
    [InlineData("run", "-p", "x", "--temp", "warm")]
    [InlineData("run", "-p", "x", "--ctx", "1000000000")]
    [InlineData("run", "-p", "x", "--kv-type", "q3")]
    [InlineData("run", "-p", "x", "--device", "vulkan")]
    [InlineData("run", "-p", "x", "--gpu-layers", "4")]
    [InlineData("run", "-p", "x", "--attention", "nonsense")]
    [InlineData("logits", "--tokens", "1,999999")]
    [InlineData("quantize", "a", "b", "Q9")]
    [InlineData("synth", "--shape", "llama-9t", "x")]
    [InlineData("frobnicate")]
    [InlineData("run", "--frobnicate")]
    public void A_wrong_command_line_is_usage(params string[] arguments) => Fails(2, "", arguments);

    [Fact]
    public void The_help_of_the_command_that_was_meant_is_named() => Fails(2, "(see: winnow eval ruler --help)", "eval", "ruler", "--frobnicate");

    private static void Fails(int exitCode, string named, params string[] arguments)
    {
        WinnowProcess process = WinnowProcess.Run(arguments);
        Assert.Equal((exitCode, ""), (process.ExitCode, process.Output));
        Assert.StartsWith("winnow: ", process.ErrorLine, StringComparison.Ordinal);
        Assert.Contains(named, process.ErrorLine, StringComparison.Ordinal);
    }
}
