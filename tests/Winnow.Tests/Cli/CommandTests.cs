using System.Globalization;
using System.Text.Json;
using Winnow.Cli.Options;
using Winnow.Compute.Cpu;
using Winnow.Formats;
using Winnow.Tests.Formats;
using Winnow.Tests.Models;

namespace Winnow.Tests.Cli;

/// <summary>What each command prints: the contract that scripts rely on.</summary>
public sealed class CommandTests : IDisposable
{
    private readonly TemporaryFolder _folder = new();

    public void Dispose() => _folder.Dispose();

    [Fact]
    public void Run_reports_text_tokens_timings_and_memory()
    {
        JsonElement json = WinnowProcess.RunJson("run", "-p", "Once upon a time", "-n", "6", "--temp", "0");
        string[] contract =
        [
            "text", "tokens", "prompt_tokens", "generated_tokens", "finish_reason", "load_ms", "prefill_ms", "prefill_tps", "decode_ms", "decode_tps",
            "kv_bytes", "kv_resident_bytes", "weights_bytes", "peak_rss_bytes", "attention", "attended_fraction",
            "device", "device_bytes", "host_bytes", "devices",
        ];
        Assert.All(contract, name => Assert.True(json.TryGetProperty(name, out _), name));
        Assert.Equal(6, json.GetProperty("tokens").GetArrayLength());
        Assert.Equal(6, json.GetProperty("generated_tokens").GetInt32());
        Assert.Equal("length", json.GetProperty("finish_reason").GetString());
        Assert.Equal("full", json.GetProperty("attention").GetString());
        Assert.Equal(1, json.GetProperty("attended_fraction").GetDouble());
        Assert.All(["kv_bytes", "kv_resident_bytes", "weights_bytes", "peak_rss_bytes", "host_bytes"], name => Assert.True(json.GetProperty(name).GetInt64() > 0));
        Assert.Equal(("cpu", 0), (json.GetProperty("device").GetString(), json.GetProperty("device_bytes").GetInt64()));
        JsonElement device = json.GetProperty("devices").EnumerateArray().Single();
        Assert.Equal(("cpu", 12, 0), (device.GetProperty("device").GetString(), device.GetProperty("layers").GetInt32(), device.GetProperty("device_bytes").GetInt64()));
        Assert.All(["weights_bytes", "kv_bytes"], name => Assert.Equal(json.GetProperty(name).GetInt64(), device.GetProperty(name).GetInt64()));
        Assert.True(device.GetProperty("scratch_bytes").GetInt64() > 0);
    }

    [Fact]
    public void Run_says_the_same_as_plain_text_and_as_ids()
    {
        JsonElement json = WinnowProcess.RunJson("run", "-p", "The sea", "-n", "5", "--temp", "0");
        WinnowProcess plain = WinnowProcess.Run(["run", "-p", "The sea", "-n", "5", "--temp", "0"]);
        Assert.Equal((0, "", json.GetProperty("text").GetString() + Environment.NewLine), (plain.ExitCode, plain.Errors, plain.Output));

        JsonElement ids = WinnowProcess.RunJson("tokenize", "-p", "The sea", "--bos").GetProperty("ids");
        string file = _folder.Write("ids.txt", System.Text.Encoding.ASCII.GetBytes(string.Join('\n', ids.EnumerateArray())));
        JsonElement fromIds = WinnowProcess.RunJson("run", "--tokens-file", file, "-n", "5", "--temp", "0");
        Assert.Equal(json.GetProperty("tokens").GetRawText(), fromIds.GetProperty("tokens").GetRawText());
        WinnowProcess fromInput = WinnowProcess.Run(["run", "-f", "-", "-n", "5", "--temp", "0"], input: "The sea");
        Assert.Equal(plain.Output, fromInput.Output);
    }

    [Fact]
    public void An_answer_that_ends_for_want_of_context_says_so()
    {
        WinnowProcess full = WinnowProcess.Run(["run", "-p", "Once upon a time", "-c", "12", "-n", "30", "--temp", "0"]);
        Assert.Equal((0, "note: the answer ends here because the context of 12 tokens is full; --ctx allows up to 32768"), (full.ExitCode, full.ErrorLine));
        Assert.NotEqual("", full.Output);
    }

    [Fact]
    public void More_threads_than_cores_are_not_used()
    {
        WinnowProcess many = WinnowProcess.Run(["run", "-p", "Once", "-n", "2", "--temp", "0", "-t", "1000"]);
        Assert.Equal((0, $"note: 1000 threads are asked for, and {Environment.ProcessorCount} cores can be used: so many threads compute"), (many.ExitCode, many.ErrorLine));
    }

    [Fact]
    public void A_system_message_makes_a_chat()
    {
        string[] asked = ["run", "-p", "What is the code?", "--system", "The code is 4711.", "-n", "8", "--temp", "0"];
        Assert.Equal(WinnowProcess.RunJson([.. asked, "--chat"]).GetProperty("tokens").GetRawText(), WinnowProcess.RunJson(asked).GetProperty("tokens").GetRawText());
        Assert.NotEqual(WinnowProcess.RunJson("run", "-p", "What is the code?", "-n", "8", "--temp", "0").GetProperty("tokens").GetRawText(), WinnowProcess.RunJson(asked).GetProperty("tokens").GetRawText());
    }

    [Fact]
    public void A_folder_of_documents_is_indexed_and_searched_best_first()
    {
        string folder = Directory.CreateDirectory(_folder.PathOf("notes")).FullName;
        File.WriteAllText(Path.Combine(folder, "a.txt"), "The garden has four apple trees and a pond.");
        File.WriteAllText(Path.Combine(folder, "b.html"), "<h1>Office</h1><p>The wifi password is mellow-otter.</p><script>let wifi = 1;</script>");
        File.WriteAllBytes(Path.Combine(folder, "c.txt"), System.Text.Encoding.Latin1.GetBytes("Das B\u00FCro schlie\u00DFt um sechs."));
        File.WriteAllBytes(Path.Combine(folder, "d.png"), [0x89, .. "PNG"u8]);
        string index = _folder.PathOf("notes.idx");
        WinnowProcess built = WinnowProcess.Run(["index", "build", index, folder]);
        Assert.Equal(0, built.ExitCode);
        Assert.Contains("left out 1 file that is no text", built.Errors, StringComparison.Ordinal);
        Assert.Contains("c.txt was read as Windows-1252", built.Errors, StringComparison.Ordinal);
        Assert.Contains("3 documents", built.Errors, StringComparison.Ordinal);

        JsonElement[] spans = [.. WinnowProcess.RunJson("index", "search", index, "-p", "What is the wifi password?").GetProperty("spans").EnumerateArray()];
        Assert.Equal(3, spans.Length);
        Assert.Equal(Path.Combine(folder, "b.html"), spans[0].GetProperty("document").GetString());
        Assert.Equal("Office\n\nThe wifi password is mellow-otter.\n", spans[0].GetProperty("text").GetString());
        Assert.Equal(spans.Select(span => span.GetProperty("score").GetDouble()).OrderDescending(), spans.Select(span => span.GetProperty("score").GetDouble()));
        Assert.Equal(1, WinnowProcess.RunJson("index", "search", index, "-p", "What is the wifi password?", "--top", "1").GetProperty("spans").GetArrayLength());
    }

    [Fact]
    public void The_same_seed_gives_the_same_answer()
    {
        string[] arguments = ["run", "-p", "It was", "-n", "8", "--temp", "1", "--top-k", "0", "--top-p", "0.9", "--min-p", "0", "--repeat-penalty", "1.1"];
        string[] texts = [.. new[] { "5", "5", "6" }.Select(seed => WinnowProcess.RunJson([.. arguments, "--seed", seed]).GetProperty("text").GetString()!)];
        Assert.Equal(texts[0], texts[1]);
        Assert.NotEqual(texts[0], texts[2]);
    }

    [Fact]
    public void A_stop_string_ends_the_answer_before_it()
    {
        string whole = WinnowProcess.RunJson("run", "-p", "Once upon a time", "-n", "12", "--temp", "0").GetProperty("text").GetString()!;
        string stop = whole.Substring(whole.Length / 2, 3);
        JsonElement stopped = WinnowProcess.RunJson("run", "-p", "Once upon a time", "-n", "12", "--temp", "0", "--stop", stop);
        Assert.Equal(whole[..whole.IndexOf(stop, StringComparison.Ordinal)], stopped.GetProperty("text").GetString());
        Assert.Equal("stop", stopped.GetProperty("finish_reason").GetString());
    }

    [Fact]
    public void Logits_are_written_row_by_row()
    {
        Golden golden = Golden.Open(TinyModels.Path("qwen3"));
        string ids = string.Join(',', golden.Ids.Take(10));
        string forced = _folder.Write("forced.txt", System.Text.Encoding.ASCII.GetBytes(string.Join(' ', golden.Ids.Skip(10).Take(3))));
        CheckRows(golden, firstRow: 0, count: 10, "--tokens", ids, "--all");
        CheckRows(golden, firstRow: 9, count: 1, "--tokens", ids);
        CheckRows(golden, firstRow: 10, count: 3, "--tokens", ids, "--forced-file", forced);
    }

    [Fact]
    public void A_converted_and_a_quantized_file_can_be_inspected_and_run()
    {
        string whole = _folder.PathOf("whole.gguf");
        string small = _folder.PathOf("small.gguf");
        WinnowProcess convert = WinnowProcess.Run(["convert", TinyModels.Path("llama"), whole]);
        Assert.Equal((0, ""), (convert.ExitCode, convert.Output));
        WinnowProcess quantize = WinnowProcess.Run(["quantize", whole, small, "Q8_0"]);
        Assert.Equal((0, ""), (quantize.ExitCode, quantize.Output));
        JsonElement inspected = WinnowProcess.RunJson("inspect", small, "--no-speed");
        Assert.Equal("Q8_0", inspected.GetProperty("summary").GetProperty("quantization").GetString());
        Assert.Equal("gguf", inspected.GetProperty("format").GetString());
        Assert.Equal("llama", inspected.GetProperty("metadata").GetProperty("general.architecture").GetString());
        Assert.Contains(inspected.GetProperty("tensors").EnumerateArray(), tensor => tensor.GetProperty("type").GetString() == "Q8_0");
        string ids = _folder.Write("ids.txt", "1 2 3"u8.ToArray());
        Assert.Equal(4, WinnowProcess.RunJson("run", "-m", small, "--tokens-file", ids, "-n", "4", "--temp", "0").GetProperty("tokens").GetArrayLength());
    }

    [Fact]
    public void Bench_reports_samples_for_prompt_and_generation()
    {
        WinnowProcess process = WinnowProcess.Run(["bench", "-m", TinyModels.Path("llama"), "-p", "8", "-n", "4", "-d", "0,16", "-r", "2", "-t", "1", "-o", "json"]);
        JsonElement[] rows = [.. process.Json.EnumerateArray()];
        Assert.Equal(
            [(8, 0, 0), (0, 4, 0), (8, 0, 16), (0, 4, 16)],
            rows.Select(row => (row.GetProperty("n_prompt").GetInt32(), row.GetProperty("n_gen").GetInt32(), row.GetProperty("n_depth").GetInt32())));
        Assert.Equal(
            ["model", "n_params", "size_bytes", "device", "threads", "attention", "n_prompt", "n_gen", "n_depth", "avg_ts", "stddev_ts", "samples_ts"],
            rows[0].EnumerateObject().Select(member => member.Name));
        Assert.All(rows, row => Assert.Equal(2, row.GetProperty("samples_ts").GetArrayLength()));
    }

    [Fact]
    public void Perplexity_reports_tokens_and_nll()
    {
        string text = _folder.Write("text.txt", "It was a dark and stormy night, and the rain fell upon the roof."u8.ToArray());
        JsonElement json = WinnowProcess.RunJson("eval", "perplexity", "-f", text, "--ctx", "64");
        Assert.Equal(Math.Exp(json.GetProperty("nll").GetDouble()), json.GetProperty("perplexity").GetDouble(), 6);
        Assert.InRange(json.GetProperty("tokens").GetInt32(), 10, 63);
    }

    [Fact]
    public void Render_fills_a_template_and_fixes_the_clock()
    {
        string template = _folder.Write(
            "t.jinja", "{{ bos }}{% for m in messages %}[{{ m.role }}: {{ m.content }}]{% endfor %}{{ strftime_now('%Y-%m-%d') }}{% if tools %} {{ tools | length }}{% endif %}{% if add_generation_prompt %}>{% endif %}"u8.ToArray());
        string messages = _folder.Write("m.json", """[{"role":"user","content":"hi"}]"""u8.ToArray());
        string tools = _folder.Write("tools.json", "[{}, {}]"u8.ToArray());
        WinnowProcess process = WinnowProcess.Run(
            ["render", "--template", template, "--messages", messages, "--tools", tools, "--set", "bos=<s>"], "", ("WINNOW_CLOCK", "2026-01-15T12:00:00"));
        Assert.Equal((0, "<s>[user: hi]2026-01-15 2>"), (process.ExitCode, process.Output));
        WinnowProcess closed = WinnowProcess.Run(["render", "--messages", "-", "--no-generation-prompt"], """[{"role":"user","content":"hi"}]""");
        Assert.Equal("<|im_start|>user\nhi<|im_end|>\n", closed.Output.Replace("<|begin_of_text|>", "", StringComparison.Ordinal));
    }

    [Fact]
    public void Devices_lists_the_processor()
    {
        JsonElement device = WinnowProcess.RunJson("devices").EnumerateArray().First();
        Assert.Equal("cpu", device.GetProperty("name").GetString());
        Assert.True(int.Parse(device.GetProperty("threads").GetString()!, CultureInfo.InvariantCulture) > 0);
        Assert.Equal(ModelOptions.NameOf(CpuIsaSupport.Best), device.GetProperty("isa").GetString());
        Assert.Contains("cpu", WinnowProcess.Run(["devices"]).Output, StringComparison.Ordinal);
    }

    [Fact]
    public void A_synthetic_model_is_the_same_for_the_same_seed()
    {
        string first = _folder.PathOf("a.gguf");
        string second = _folder.PathOf("b.gguf");
        Assert.Equal(0, WinnowProcess.Run(["synth", "--shape", "llama-tiny", "--type", "Q4_K_M", first]).ExitCode);
        Assert.Equal(0, WinnowProcess.Run(["synth", "--shape", "llama-tiny", "--type", "Q4_K_M", "--seed", "1", second]).ExitCode);
        Assert.Equal(File.ReadAllBytes(first), File.ReadAllBytes(second));
    }

    [Fact]
    public void A_chat_is_answered_line_by_line_and_can_be_saved_and_loaded()
    {
        string saved = _folder.PathOf("chat.json");
        WinnowProcess first = WinnowProcess.Run(["chat", "--temp", "0", "-n", "4"], $"Hello\n/stats\n/save {saved}\n/nonsense\n/exit\n");
        Assert.Equal(0, first.ExitCode);
        Assert.Contains($"saved to {saved}", first.Errors, StringComparison.Ordinal);
        Assert.Contains("/nonsense is no command", first.Errors, StringComparison.Ordinal);
        Assert.Contains("answer 4 tokens", first.Output, StringComparison.Ordinal);
        WinnowProcess second = WinnowProcess.Run(["chat", "--temp", "0", "-n", "4"], $"/load {saved}\nAgain\n/stats\n");
        Assert.Equal(0, second.ExitCode);
        Assert.EndsWith($"loaded {saved}", second.Errors.Split('\n').First(line => line.StartsWith("loaded", StringComparison.Ordinal)), StringComparison.Ordinal);
        // What was saved is not computed again.
        Assert.DoesNotContain("(0 cached)", second.Output, StringComparison.Ordinal);
    }

    [Fact]
    public void A_chat_says_what_went_when_its_context_was_full_and_takes_questions_back()
    {
        string talk = string.Concat(Enumerable.Range(0, 8).Select(i => $"Tell me of ship number {i} and of the harbour that it came from.\n"));
        WinnowProcess refused = WinnowProcess.Run(["chat", "--temp", "0", "-n", "4", "--ctx", "96"], talk + "/undo\n/undo\n/undo\n/undo\n/undo\n/undo\n/undo\n/undo\n/undo\n");
        Assert.Equal(0, refused.ExitCode);
        Assert.Contains("the context holds 96", refused.Errors, StringComparison.Ordinal);
        Assert.Contains("took the last question back", refused.Errors, StringComparison.Ordinal);
        Assert.Contains("there is no question to take back", refused.Errors, StringComparison.Ordinal);
        WinnowProcess dropped = WinnowProcess.Run(["chat", "--temp", "0", "-n", "4", "--ctx", "96", "--full-context", "drop"], talk);
        Assert.Contains("messages were dropped", dropped.Errors, StringComparison.Ordinal);
        Assert.DoesNotContain("the context holds", dropped.Errors, StringComparison.Ordinal);
        WinnowProcess shifted = WinnowProcess.Run(["chat", "--temp", "0", "-n", "4", "--ctx", "96", "--full-context", "shift"], talk);
        Assert.Contains("of the older tokens were dropped", shifted.Errors, StringComparison.Ordinal);
        Assert.Equal(2, WinnowProcess.Run(["chat", "--full-context", "cut"], "").ExitCode);
    }

    private void CheckRows(Golden golden, int firstRow, int count, params string[] arguments)
    {
        string file = _folder.PathOf("logits.safetensors");
        WinnowProcess process = WinnowProcess.Run(["logits", "-m", TinyModels.Path("qwen3"), "--kv-type", "f32", "-o", file, .. arguments]);
        Assert.True(process.ExitCode == 0, process.Errors);
        using SafetensorsFile tensors = SafetensorsFile.Open(file);
        TensorEntry logits = tensors.Tensors["logits"];
        int vocabulary = 320;
        Assert.Equal([count, vocabulary], logits.Shape.Select(extent => (int)extent));
        float[] actual = Golden.Single(logits);
        for (int row = 0; row < count; row++)
        {
            Assert.InRange(golden.Error(firstRow + row, actual.AsSpan(row * vocabulary, vocabulary)), 0, 1e-3);
        }
    }
}
