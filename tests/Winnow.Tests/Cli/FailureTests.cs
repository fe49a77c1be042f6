using Winnow.Cli;
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
        using EditedModel model = new("llama", config => { config["model_type"] = "rwkv7"; config["architectures"] = new System.Text.Json.Nodes.JsonArray("Rwkv7ForCausalLM"); });
        Fails(1, "rwkv7", "run", "-m", model.Folder, "-p", "x");
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

    [Theory]
    [InlineData("run", "-p", "x")]
    [InlineData("demo")]
    [InlineData("bench", "-p", "8", "-n", "1")]
    [InlineData("eval", "ruler", "--cases", "CASES")]
    [InlineData("eval", "compare", "--cases", "CASES")]
    public void A_type_of_keys_and_values_that_the_heads_do_not_fit_is_refused_with_one_that_fits(params string[] arguments)
    {
        string cases = _folder.Write(
            "CASES", """{"id":"1","task":"qa","target_length":8,"prompt":"x","answer":"y","answer_tokens":1,"expected":["y"]}"""u8);
        IEnumerable<string> words = arguments.Select(word => word == "CASES" ? cases : word);
        Fails(2, "multiple of 32 elements, not 16; use F16", [.. words, "-m", TinyModels.Path("llama"), "--kv-type", "q8_0"]);
    }

    [Fact]
    public void A_missing_prompt_file_is_named() => Fails(1, "nowhere.txt", "run", "-f", _folder.PathOf("nowhere.txt"));

    [Fact]
    public void A_folder_of_models_is_refused_with_their_names()
    {
        string folder = Directory.CreateDirectory(_folder.PathOf("models")).FullName;
        Fails(1, $"{folder}: is a folder without config.json", "run", "-p", "x", "-m", folder);
        File.WriteAllBytes(Path.Combine(folder, "b.gguf"), []);
        File.WriteAllBytes(Path.Combine(folder, "a.gguf"), []);
        Fails(1, "name one of its models: a.gguf, b.gguf", "run", "-p", "x", "-m", folder);
        Fails(1, "name one of its models: a.gguf, b.gguf", "inspect", folder);
    }

    [Fact]
    public void A_prompt_file_that_is_no_text_is_refused_as_what_it_is()
    {
        Fails(1, "is a model: name it with -m", "run", "-f", BundledModel.Find());
        Fails(1, "is a ZIP archive", "eval", "perplexity", "-f", _folder.Write("a.zip", [.. "PK\x03\x04"u8, 0, 0, 0]));
        Fails(1, "is empty", "index", "build", _folder.PathOf("a.idx"), _folder.Write("empty.txt", []));
    }

    [Fact]
    public void A_full_disk_is_reported()
    {
        Assert.SkipUnless(File.Exists("/dev/full"), "this system has no /dev/full");
        Fails(1, "/dev/full", "logits", "--tokens", "1,2", "-o", "/dev/full");
    }

    [Theory]
    [InlineData("name the prompt once", "run")]
    [InlineData("name the prompt once", "run", "-p", "x", "-f", "y")]
    [InlineData("--temp is -1", "run", "-p", "x", "--temp", "-1")]
    [InlineData("'warm'", "run", "-p", "x", "--temp", "warm")]
    [InlineData("--ctx is 1000000000", "run", "-p", "x", "--ctx", "1000000000")]
    [InlineData("--ctx is -1", "run", "-p", "x", "--ctx", "-1")]
    [InlineData("--threads is -1", "run", "-p", "x", "--threads", "-1")]
    [InlineData("--n-predict is -3", "run", "-p", "x", "-n", "-3")]
    [InlineData("'0,5' is no number", "run", "-p", "x", "--temp", "0,5")]
    [InlineData("'1,000' is no whole number", "run", "-p", "x", "-n", "1,000")]
    [InlineData("'many' is none of auto, all and a whole number", "run", "-p", "x", "-ngl", "many")]
    [InlineData("'-1' is none of auto, all and a whole number", "run", "-p", "x", "-ngl", "-1")]
    [InlineData("it must be at most 4096", "run", "-p", "x", "-t", "20000")]
    [InlineData("--stop", "run", "-p", "x", "--stop", "")]
    [InlineData("'q3'", "run", "-p", "x", "--kv-type", "q3")]
    [InlineData("'q3'", "run", "-p", "x", "--kv-type", "f16,q3")]
    [InlineData("'f16,f16,f16'", "run", "-p", "x", "--kv-type", "f16,f16,f16")]
    [InlineData("'tape'", "run", "-p", "x", "--kv-tier", "tape")]
    [InlineData("'cuda'", "run", "-p", "x", "--device", "cuda")]
    [InlineData("name a GPU, such as --device vulkan", "run", "-p", "x", "--gpu-layers", "4")]
    [InlineData("name a GPU, such as --device vulkan", "run", "-p", "x", "--gpu-layers", "auto")]
    [InlineData("'nonsense'", "run", "-p", "x", "--attention", "nonsense")]
    [InlineData("'999999'", "logits", "--tokens", "1,999999")]
    [InlineData("--chunk is 0", "logits", "--tokens", "1", "--chunk", "0")]
    [InlineData("there is no token id", "logits", "--tokens", "")]
    [InlineData("'Q9'", "quantize", "a", "b", "Q9")]
    [InlineData("did you mean 'Q4_K_M'?", "quantize", "a", "b", "q4_km")]
    [InlineData("did you mean 'MXFP4_MOE'?", "synth", "--shape", "llama-tiny", "--type", "MXFP4", "x")]
    [InlineData("'llama-9t'", "synth", "--shape", "llama-9t", "x")]
    [InlineData("--s3-expansion is 0; allowed: 1 to 1024", "calibrate", "--s3-expansion", "0")]
    [InlineData("the bundled model has its calibration", "calibrate")]
    [InlineData("the bundled model has its calibration", "calibrate", "--tune", "recycled:pool=3")]
    [InlineData("there is nothing to measure", "bench", "-p", "0", "-n", "0")]
    [InlineData("more than the context of 32768 holds", "demo", "--length", "100000")]
    [InlineData("'frobnicate' is no command (see: winnow --help)", "frobnicate")]
    [InlineData("'chta' is no command; did you mean 'chat'? (see: winnow --help)", "chta")]
    [InlineData("'rulr' is no command of eval; did you mean 'ruler'?", "eval", "rulr")]
    [InlineData("'pull' is no command; there is no download", "pull", "llama")]
    [InlineData("winnow run has no option '--frobnicate' (see: winnow run --help)", "run", "--frobnicate")]
    [InlineData("winnow run has no option '--prmpt'; did you mean '--prompt'?", "run", "--prmpt=x")]
    [InlineData("winnow inspect has no option '--al'; did you mean '--all'?", "inspect", "--al")]
    [InlineData("'world' is one word too many; a text of several words needs quotation marks", "run", "-p", "hello", "world")]
    [InlineData("--prompt needs a value: -p, --prompt TEXT", "run", "-p")]
    [InlineData("--temp is given more than once", "run", "-p", "x", "--temp", "1", "--temp", "2")]
    [InlineData("--isa: there is no 'avx3'; there are portable, ", "run", "-p", "x", "--isa", "avx3")]
    [InlineData("did you mean 'avx2'?", "run", "-p", "x", "--isa", "avx3")]
    [InlineData("winnow quantize needs IN", "quantize")]
    [InlineData("winnow synth needs --shape NAME", "synth", "x")]
    public void A_wrong_command_line_is_usage(string named, params string[] arguments) => Fails(2, named, arguments);

    [Fact]
    public void A_type_of_keys_and_values_that_the_model_cannot_have_is_usage()
    {
        string ids = _folder.Write("ids.txt", "1 2 3"u8.ToArray());
        Fails(2, "heads of a multiple of 32", "run", "-m", TinyModels.Path("llama"), "--tokens-file", ids, "--kv-type", "q8_0");
    }

    /// <summary>A shape that does not fit is nothing that a user could correct on the command line.</summary>
    [Fact]
    public void A_bug_of_the_engine_is_a_failure_and_says_that_it_is_one()
    {
        (int exitCode, string message) = CommandHost.Outcome(new ArgumentOutOfRangeException("output", "rows of 3 do not fit"));
        Assert.Equal(1, exitCode);
        Assert.StartsWith("this is a bug in winnow, please report it: ", message, StringComparison.Ordinal);
        Assert.Contains("rows of 3 do not fit", message, StringComparison.Ordinal);
        Assert.Equal(1, CommandHost.Outcome(new InvalidOperationException()).ExitCode);
    }

    [Fact]
    public void The_help_of_the_command_that_was_meant_is_named() => Fails(2, "(see: winnow eval ruler --help)", "eval", "ruler", "--frobnicate");

    private static void Fails(int exitCode, string named, params string[] arguments)
    {
        WinnowProcess process = WinnowProcess.Run(arguments);
        Assert.Equal((exitCode, ""), (process.ExitCode, process.Output));
        Assert.StartsWith("winnow: ", process.ErrorLine, StringComparison.Ordinal);
        Assert.Contains(named, process.ErrorLine, StringComparison.Ordinal);
        Assert.DoesNotContain("(Parameter", process.ErrorLine, StringComparison.Ordinal);
        Assert.DoesNotContain("System.", process.ErrorLine, StringComparison.Ordinal);
    }
}
