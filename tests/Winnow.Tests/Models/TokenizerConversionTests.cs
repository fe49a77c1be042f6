using System.Text;
using System.Text.Json;
using System.Text.Json.Nodes;
using Winnow.Formats;
using Winnow.Lab.Conversion;
using Winnow.Models.Config;
using Winnow.Tests.Formats;
using Winnow.Tokenization;

namespace Winnow.Tests.Models;

/// <summary>What becomes of a Hugging Face vocabulary in a GGUF file.</summary>
public sealed class TokenizerConversionTests
{
    private const string Words = """{"type":"ByteLevel","add_prefix_space":false,"trim_offsets":true}""";
    private const string Bytes = """{"type":"ByteLevel","add_prefix_space":false,"use_regex":false}""";
    private const string Digits = """{"type":"Digits","individual_digits":true}""";
    private const string LettersAnd = @"(?i:'s|'t|'re|'ve|'m|'ll|'d)|[^\\r\\n\\p{L}\\p{N}]?\\p{L}+|";
    private const string SymbolsAndSpace = @"| ?[^\\s\\p{L}\\p{N}]+[\\r\\n]*|\\s*[\\r\\n]+|\\s+(?!\\S)|\\s+";
    private const string Isolated = """{"type":"Split","behavior":"Isolated","pattern":{"Regex":""" + "\"";
    private const string Kept = """{"type":"Split","behavior":"Removed","invert":true,"pattern":{"Regex":""" + "\"";

    [Theory]
    [InlineData("models/lab", "gpt2")]
    [InlineData("models/stories260k", "llama")]
    public void Converted_vocabularies_give_the_golden_ids(string model, string kind)
    {
        string folder = SharedData.Path(model);
        GgufMetadata metadata = new("converted.gguf");
        TokenizerConversion.Write(folder, HuggingFaceConfigReader.Read(Path.Combine(folder, "config.json")), metadata);
        Assert.Equal(kind, metadata.GetString("tokenizer.ggml.model"));
        Tokenizer tokenizer = TokenizerFactory.FromGguf(metadata, "converted.gguf")!;
        using JsonDocument golden = JsonDocument.Parse(File.ReadAllText(Path.Combine(folder, "golden.json")));
        foreach (JsonElement prompt in golden.RootElement.GetProperty("prompts").EnumerateArray())
        {
            int[] expected = [.. prompt.GetProperty("ids").EnumerateArray().Select(id => id.GetInt32())];
            Assert.Equal(expected, tokenizer.Encode(prompt.GetProperty("text").GetString()!, addSpecial: true, parseSpecial: true));
        }
    }

    [Fact]
    public void Special_tokens_and_template_are_written()
    {
        const string TokenizerConfig = """
            {
              "eos_token": { "content": "<end>" }, "bos_token": "<begin>",
              "chat_template": [{ "name": "default", "template": "T" }, { "name": "tool_use", "template": "U" }]
            }
            """;
        using TemporaryFolder folder = Folder(Tokenizer(Words, ("a", 0), ("b", 1), ("ab", 2)), TokenizerConfig);
        GgufMetadata metadata = Convert(folder);
        Assert.Equal(3, metadata.GetInt32("tokenizer.ggml.bos_token_id"));
        Assert.Equal(4, metadata.GetInt32("tokenizer.ggml.eos_token_id"));
        Assert.True(metadata.GetBoolOrNull("tokenizer.ggml.add_bos_token"));
        Assert.False(metadata.GetBoolOrNull("tokenizer.ggml.add_eos_token"));
        Assert.Equal("T", metadata.GetString("tokenizer.chat_template"));
        Assert.Equal("U", metadata.GetString("tokenizer.chat_template.tool_use"));
        Assert.Equal(["a", "b", "ab", "<begin>", "<end>", "<tool>", "[PAD6]"], metadata.GetArrayOrNull<string>("tokenizer.ggml.tokens")![..7]);
        Assert.Equal([1, 1, 1, 3, 3, 4, 5], metadata.GetArrayOrNull<int>("tokenizer.ggml.token_type")![..7]);
        Assert.Equal(["a b"], metadata.GetArrayOrNull<string>("tokenizer.ggml.merges")!);
    }

    [Fact]
    public void A_model_without_a_vocabulary_is_marked_so()
    {
        using TemporaryFolder folder = new();
        Assert.Equal("no_vocab", Convert(folder).GetString("tokenizer.ggml.model"));
    }

    [Theory]
    [InlineData("gpt-2", Words)]
    [InlineData("smollm", Digits, Words)]
    [InlineData("dbrx", Isolated + LettersAnd + @"\\p{N}{1,3}" + SymbolsAndSpace + "\"}}", Bytes)]
    [InlineData("qwen2", Kept + LettersAnd + @"\\p{N}" + SymbolsAndSpace + "\"}}", Bytes)]
    public void Pre_tokenizers_are_recognised(string name, params string[] steps)
    {
        string sequence = $$"""{"type":"Sequence","pretokenizers":[{{string.Join(',', steps)}}]}""";
        using TemporaryFolder folder = Folder(Tokenizer(sequence, ("a", 0)), "{}");
        Assert.Equal(name, Convert(folder).GetString("tokenizer.ggml.pre"));
    }

    [Fact]
    public void An_unknown_pre_tokenizer_is_refused_and_described()
    {
        const string Steps = $$"""{"type":"Sequence","pretokenizers":[{"type":"Whitespace"},{{Words}}]}""";
        using TemporaryFolder folder = Folder(Tokenizer(Steps, ("a", 0)), "{}");
        ModelFormatException error = Assert.Throws<ModelFormatException>(() => Convert(folder));
        Assert.EndsWith("none that is known here: Whitespace; words", error.Message, StringComparison.Ordinal);
    }

    [Theory]
    [InlineData("type", "\"WordPiece\"", "vocabulary of type 'WordPiece'")]
    [InlineData("vocab", "{\"a\":5000}", "gives token 'a' the id 5000, but the model has ids from 0 to 319")]
    [InlineData("vocab", "[]", "has no 'model.vocab' object")]
    [InlineData("merges", "[\"a b c\"]", "has the merge \"a b c\", but a merge is of two tokens")]
    public void A_damaged_vocabulary_is_refused(string key, string value, string problem)
    {
        JsonObject tokenizer = Tokenizer(Words, ("a", 0));
        tokenizer["model"]![key] = JsonNode.Parse(value);
        using TemporaryFolder folder = Folder(tokenizer, "{}");
        Assert.Contains(problem, Assert.Throws<ModelFormatException>(() => Convert(folder)).Message, StringComparison.Ordinal);
    }

    [Theory]
    [InlineData("""{"eos_token_id":5}""", "{}", 5, null, null)]
    [InlineData("""{"eos_token_id":[5,4,3]}""", "{}", 5, 4, 3)]
    [InlineData("""{"eos_token_id":[5,4]}""", """{"eos_token":"<end>"}""", 4, 5, null)]
    public void Ends_that_the_generation_config_names_are_kept(string generation, string tokenizerConfig, int eos, int? eot, int? eom)
    {
        using TemporaryFolder folder = Folder(Tokenizer(Words, ("a", 0)), tokenizerConfig);
        folder.Write("generation_config.json", Encoding.UTF8.GetBytes(generation));
        GgufMetadata metadata = Convert(folder);
        Assert.Equal(
            (eos, eot, eom),
            (metadata.GetInt32("tokenizer.ggml.eos_token_id"), metadata.GetInt32OrNull("tokenizer.ggml.eot_token_id"), metadata.GetInt32OrNull("tokenizer.ggml.eom_token_id")));
        Assert.All((int?[])[eos, eot, eom], id => Assert.True(id is null || TokenizerFactory.FromGguf(metadata, "x")!.IsEndOfGeneration(id.Value)));
    }

    [Fact]
    public void A_role_that_only_the_map_of_special_tokens_names_is_kept()
    {
        using TemporaryFolder folder = Folder(Tokenizer(Words, ("a", 0)), "{}");
        folder.Write("special_tokens_map.json", """{"bos_token":{"content":"<begin>"},"eos_token":"<end>"}"""u8);
        GgufMetadata metadata = Convert(folder);
        Assert.Equal((3, 4), (metadata.GetInt32("tokenizer.ggml.bos_token_id"), metadata.GetInt32("tokenizer.ggml.eos_token_id")));
    }

    [Fact]
    public void Added_tokens_that_only_the_tokenizer_config_has_are_kept()
    {
        using TemporaryFolder folder = Folder(Tokenizer(Words, ("a", 0)), """{"added_tokens_decoder":{"7":{"content":"<late>","special":true}}}""");
        GgufMetadata metadata = Convert(folder);
        Assert.Equal("<late>", metadata.GetArrayOrNull<string>("tokenizer.ggml.tokens")![7]);
        Assert.Equal(3, metadata.GetArrayOrNull<int>("tokenizer.ggml.token_type")![7]);
    }

    [Theory]
    [InlineData("RobertaProcessing")]
    [InlineData("BertProcessing")]
    public void What_Roberta_puts_around_a_text_is_kept(string type)
    {
        JsonObject tokenizer = Tokenizer(Words, ("a", 0));
        tokenizer["post_processor"] = new JsonObject { ["type"] = type, ["sep"] = new JsonArray("<end>", 4), ["cls"] = new JsonArray("<begin>", 3) };
        using TemporaryFolder folder = Folder(tokenizer, """{"bos_token":"<begin>","eos_token":"<end>"}""");
        GgufMetadata metadata = Convert(folder);
        Assert.Equal([3, 0, 4], TokenizerFactory.FromGguf(metadata, "x")!.Encode("a", addSpecial: true));
        Assert.Empty(Losses(folder));
    }

    [Theory]
    [InlineData("normalizer", """{"type":"NFC"}""", "normalizer is left out (NFC)")]
    [InlineData("normalizer", """{"type":"Sequence","normalizers":[{"type":"Lowercase"},{"type":"StripAccents"}]}""", "(Lowercase, StripAccents)")]
    [InlineData("added_tokens", """[{"id":5,"content":"<mask>","lstrip":true}]""", "'lstrip' of added tokens is left out: <mask>")]
    [InlineData("added_tokens", """[{"id":5,"content":"<mask>","rstrip":true}]""", "'rstrip'")]
    [InlineData("added_tokens", """[{"id":5,"content":"<mask>","single_word":true}]""", "'single_word'")]
    [InlineData("post_processor", """{"type":"RobertaProcessing","cls":["<tool>",5],"sep":["<end>",4]}""", "(<tool> text <end>)")]
    [InlineData("post_processor", """{"type":"TemplateProcessing","single":[{"SpecialToken":{"id":"<begin>"}},{"SpecialToken":{"id":"<tool>"}},{"Sequence":{"id":"A"}}]}""", "(<begin> <tool> text)")]
    public void What_GGUF_cannot_say_is_named(string key, string value, string named)
    {
        JsonObject tokenizer = Tokenizer(Words, ("a", 0));
        tokenizer[key] = JsonNode.Parse(value);
        using TemporaryFolder folder = Folder(tokenizer, """{"bos_token":"<begin>","eos_token":"<end>"}""");
        Assert.Contains(Losses(folder), loss => loss.Contains(named, StringComparison.Ordinal));
    }

    [Fact]
    public void Ends_beyond_what_GGUF_has_keys_for_are_named()
    {
        using TemporaryFolder folder = Folder(Tokenizer(Words, ("a", 0), ("b", 1)), "{}");
        folder.Write("generation_config.json", """{"eos_token_id":[5,4,3,1]}"""u8);
        Assert.Contains("the ids 1 are left out", Assert.Single(Losses(folder)), StringComparison.Ordinal);
    }

    private static List<string> Losses(TemporaryFolder folder) => TokenizerConversion.Write(
        folder.Root, HuggingFaceConfigReader.Read(Path.Combine(TinyModels.Path("llama"), "config.json")), new GgufMetadata("converted.gguf"));

    private static GgufMetadata Convert(TemporaryFolder folder)
    {
        GgufMetadata metadata = new("converted.gguf");
        TokenizerConversion.Write(folder.Root, HuggingFaceConfigReader.Read(Path.Combine(TinyModels.Path("llama"), "config.json")), metadata);
        return metadata;
    }

    private static TemporaryFolder Folder(JsonObject tokenizer, string tokenizerConfig)
    {
        TemporaryFolder folder = new();
        folder.Write("tokenizer.json", Encoding.UTF8.GetBytes(tokenizer.ToJsonString()));
        folder.Write("tokenizer_config.json", Encoding.UTF8.GetBytes(tokenizerConfig));
        return folder;
    }

    private static JsonObject Tokenizer(string preTokenizer, params (string Token, int Id)[] vocabulary) => new()
    {
        ["added_tokens"] = JsonNode.Parse("""
            [
              { "id": 3, "content": "<begin>", "special": true }, { "id": 4, "content": "<end>", "special": true },
              { "id": 5, "content": "<tool>", "special": false }
            ]
            """),
        ["pre_tokenizer"] = JsonNode.Parse(preTokenizer),
        ["post_processor"] = JsonNode.Parse("""
            { "type": "TemplateProcessing", "single": [{ "SpecialToken": { "id": "<begin>" } }, { "Sequence": { "id": "A" } }] }
            """),
        ["model"] = new JsonObject
        {
            ["type"] = "BPE",
            ["vocab"] = new JsonObject(vocabulary.Select(entry => KeyValuePair.Create(entry.Token, (JsonNode?)entry.Id))),
            ["merges"] = vocabulary.Length > 2 ? new JsonArray("a b") : [],
        },
    };
}
