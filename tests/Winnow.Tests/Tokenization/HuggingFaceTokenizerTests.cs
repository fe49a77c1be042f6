using Winnow.Formats;
using Winnow.Tokenization;

namespace Winnow.Tests.Tokenization;

public sealed class HuggingFaceTokenizerTests : IDisposable
{
    private readonly string _directory = Directory.CreateTempSubdirectory("winnow-tokenizer-").FullName;

    public void Dispose() => Directory.Delete(_directory, recursive: true);

    [Fact]
    public void A_template_puts_special_tokens_around_a_text()
    {
        Write("tokenizer.json", """
            {"added_tokens": [{"id": 3, "content": "<s>", "special": true}, {"id": 4, "content": "</s>", "special": true}],
             "post_processor": {"type": "TemplateProcessing",
               "single": [{"SpecialToken": {"id": "<s>"}}, {"Sequence": {"id": "A"}}, {"SpecialToken": {"id": "</s>"}}],
               "special_tokens": {"<s>": {"ids": [3]}, "</s>": {"ids": [4]}}},
             "pre_tokenizer": {"type": "ByteLevel", "add_prefix_space": false},
             "model": {"type": "BPE", "vocab": {"a": 0, "b": 1, "ab": 2}, "merges": ["a b"]}}
            """);
        Write("tokenizer_config.json", """{"bos_token": {"content": "<s>"}, "eos_token": "</s>"}""");
        Tokenizer tokenizer = Open();
        Assert.Equal([3, 2, 0, 4], tokenizer.Encode("aba", addSpecial: true));
        Assert.True(tokenizer.AddBos && tokenizer.AddEos && tokenizer.IsEndOfGeneration(4));
        Write("tokenizer_config.json", """{"bos_token": "<s>", "eos_token": "</s>", "add_bos_token": false}""");
        Assert.Equal([2, 0, 4], Open().Encode("aba", addSpecial: true));
    }

    [Fact]
    public void Every_end_that_the_generation_config_names_counts()
    {
        Write("tokenizer.json", """
            {"pre_tokenizer": {"type": "ByteLevel"}, "model": {"type": "BPE", "vocab": {"a": 0, "b": 1, "c": 2}, "merges": []}}
            """);
        Write("generation_config.json", """{"bos_token_id": 0, "eos_token_id": [1, 2, 99]}""");
        Tokenizer tokenizer = Open();
        Assert.Equal((0, 1), (tokenizer.BosId, tokenizer.EosId));
        Assert.True(tokenizer.IsEndOfGeneration(1) && tokenizer.IsEndOfGeneration(2) && !tokenizer.IsEndOfGeneration(0));
    }

    [Theory]
    [InlineData("Isolated", "a-b--c", "a|-|b|-|-|c")]
    [InlineData("Removed", "a-b--c", "a|b|c")]
    [InlineData("MergedWithPrevious", "a-b--c", "a-|b-|-|c")]
    [InlineData("MergedWithNext", "a-b--c", "a|-b|-|-c")]
    [InlineData("Contiguous", "a-b--c", "a|-|b|--|c")]
    public void A_split_does_with_its_matches_what_it_says(string behavior, string text, string expected)
    {
        // With ignore_merges, each piece that is a token shows as one.
        Write("tokenizer.json", $$"""
            {"pre_tokenizer": {"type": "Split", "pattern": {"String": "-"}, "behavior": "{{behavior}}", "invert": false},
             "model": {"type": "BPE", "ignore_merges": true, "merges": [],
               "vocab": {"a": 0, "b": 1, "c": 2, "-": 3, "--": 4, "a-": 5, "b-": 6, "-b": 7, "-c": 8} } }
            """);
        Tokenizer tokenizer = Open();
        Assert.Equal(expected, string.Join('|', tokenizer.Encode(text).Select(tokenizer.TokenText)));
    }

    [Fact]
    public void Text_without_a_token_becomes_bytes_or_one_unknown_token()
    {
        string Json(string fallback) => $$"""
            {"model": {"type": "BPE", "unk_token": "<unk>", "fuse_unk": true, "byte_fallback": {{fallback}}, "merges": [],
               "vocab": {"<unk>": 0, "a": 1, "<0xC3>": 2, "<0xA9>": 3} } }
            """;
        Write("tokenizer.json", Json("true"));
        Assert.Equal([1, 2, 3, 0, 1], Open().Encode("aéxxa"));
        Assert.Equal("é", Open().Decode([2, 3]));
        Write("tokenizer.json", Json("false"));
        Assert.Equal([1, 0, 1], Open().Encode("aéxxa"));
    }

    [Fact]
    public void Words_become_the_longest_pieces_after_the_clean_up_of_BERT()
    {
        Write("tokenizer.json", """
            {"added_tokens": [{"id": 0, "content": "[UNK]", "special": true}, {"id": 1, "content": "[CLS]", "special": true},
                              {"id": 2, "content": "[SEP]", "special": true}],
             "normalizer": {"type": "BertNormalizer", "clean_text": true, "handle_chinese_chars": true, "strip_accents": null, "lowercase": true},
             "pre_tokenizer": {"type": "BertPreTokenizer"},
             "post_processor": {"type": "BertProcessing", "sep": ["[SEP]", 2], "cls": ["[CLS]", 1]},
             "model": {"type": "WordPiece", "unk_token": "[UNK]", "continuing_subword_prefix": "##", "max_input_chars_per_word": 10,
               "vocab": {"[UNK]": 0, "[CLS]": 1, "[SEP]": 2, "cafe": 3, "##s": 4, "!": 5, "字": 6, "s": 7}}}
            """);
        Tokenizer tokenizer = Open();
        Assert.Equal([3, 4, 5, 6, 6, 7, 0], tokenizer.Encode("Cafés!\t字字S  nope"));
        Assert.Equal([0], tokenizer.Encode("cafesssssss"));
        Assert.Equal([1, 7, 2], tokenizer.Encode("s", addSpecial: true));
        Assert.Equal("cafes !", tokenizer.Decode([1, 3, 4, 5, 2]));
    }

    [Fact]
    public void A_unigram_model_takes_the_likeliest_pieces()
    {
        Write("tokenizer.json", """
            {"pre_tokenizer": {"type": "Metaspace", "replacement": "▁", "prepend_scheme": "always"},
             "decoder": {"type": "Metaspace", "replacement": "▁", "prepend_scheme": "always"},
             "model": {"type": "Unigram", "unk_id": 0,
               "vocab": [["<unk>", 0], ["▁", -2], ["a", -3], ["b", -3], ["ab", -6], ["▁a", -4], ["▁ab", -9.5]]}}
            """);
        Tokenizer tokenizer = Open();
        // ▁a + b scores -7, ▁ + ab scores -8, ▁ab scores -9.5.
        Assert.Equal(["▁a", "b", "▁", "<unk>", "a"], tokenizer.Encode("ab xya").Select(tokenizer.TokenText));
        Assert.Equal("ab a", tokenizer.Decode([5, 3, 5]));
    }

    [Fact]
    public void Added_tokens_take_the_white_space_and_the_neighbours_that_they_name()
    {
        Write("tokenizer.json", """
            {"added_tokens": [{"id": 2, "content": "<m>", "lstrip": true, "rstrip": true}, {"id": 3, "content": "aa", "single_word": true}],
             "model": {"type": "BPE", "vocab": {"a": 0, " ": 1}, "merges": []}}
            """);
        Tokenizer tokenizer = Open();
        Assert.Equal([0, 2, 0], tokenizer.Encode("a  <m> a"));
        Assert.Equal([3, 1, 0, 0, 0], tokenizer.Encode("aa aaa"));
    }

    [Fact]
    public void Composed_and_decomposed_text_is_one_after_NFC()
    {
        Write("tokenizer.json", """
            {"normalizer": {"type": "NFC"},
             "model": {"type": "BPE", "vocab": {"é": 0, "ệ": 1, "각": 2, "e": 3}, "merges": []}}
            """);
        Assert.Equal([0, 1, 1, 2, 3], Open().Encode("e\u0301e\u0302\u0323\u1EB9\u0302\u1100\u1161\u11A8e"));
    }

    [Theory]
    [InlineData("[]", "must be a JSON object")]
    [InlineData("{", "is no JSON")]
    [InlineData("""{"model": {"type": "WordLevel", "vocab": {}}}""", "model 'WordLevel' is not supported; supported are BPE")]
    [InlineData("""{"model": {"type": "BPE", "vocab": {}, "merges": []}}""", "has no tokens")]
    [InlineData("""{"model": {"type": "BPE", "vocab": {"a": 0, "b": 0}, "merges": []}}""", "the id 0 is both 'a' and 'b'")]
    [InlineData("""{"model": {"type": "BPE", "vocab": {"a": -1}, "merges": []}}""", "must be an id")]
    [InlineData("""{"model": {"type": "BPE", "vocab": {"a": 2000000000}, "merges": []}}""", "has the id 2000000000")]
    [InlineData("""{"model": {"type": "BPE", "vocab": {"a": 0, "b": 900000}, "merges": []}}""", "'b' has the id 900000, but there are 2 tokens")]
    [InlineData("""{"model": {"type": "BPE", "vocab": {"a": 0}, "merges": ["a b"]}}""", "the vocabulary has no 'b'")]
    [InlineData("""{"model": {"type": "BPE", "vocab": {"a": 0}, "merges": [["a"]]}}""", "merge 0")]
    [InlineData("""{"model": {"type": "BPE", "vocab": {"a": 0}, "merges": ["\ud800 a"]}}""", "no valid Unicode")]
    [InlineData("""{"model": {"type": "BPE", "vocab": {"a": 0}, "merges": [], "unk_token": "x"}}""", "'unk_token' is 'x'")]
    [InlineData("""{"model": {"type": "BPE", "end_of_word_suffix": "</w>", "vocab": {"a": 0}, "merges": []}}""", "'end_of_word_suffix' is not supported")]
    [InlineData("""{"pre_tokenizer": {"type": "UnicodeScripts"}, "model": {"type": "BPE", "vocab": {"a": 0}, "merges": []}}""", "pre-tokenizer 'UnicodeScripts' is not supported")]
    [InlineData("""{"normalizer": {"type": "Nmt"}, "model": {"type": "BPE", "vocab": {"a": 0}, "merges": []}}""", "normalizer 'Nmt' is not supported")]
    [InlineData("""{"pre_tokenizer": {"type": "Split", "pattern": {"Regex": "[a"}, "behavior": "Isolated"}, "model": {"type": "BPE", "vocab": {"a": 0}, "merges": []}}""", "the pattern '[a' is not supported")]
    [InlineData("""{"added_tokens": [{"id": 0, "content": "b"}], "model": {"type": "BPE", "vocab": {"a": 0}, "merges": []}}""", "added token 'b' has the id 0")]
    public void A_faulty_file_is_refused_with_what_is_wrong(string json, string expected)
    {
        Write("tokenizer.json", json);
        ModelFormatException error = Assert.Throws<ModelFormatException>(Open);
        Assert.Contains(expected, error.Message, StringComparison.Ordinal);
        Assert.StartsWith(Path.Combine(_directory, "tokenizer.json"), error.Message, StringComparison.Ordinal);
    }

    [Fact]
    public void A_damaged_file_is_refused_or_read_but_never_crashes()
    {
        const string Json = """
            {"added_tokens": [{"id": 4, "content": "<s>", "special": true, "lstrip": false}],
             "normalizer": {"type": "Sequence", "normalizers": [{"type": "Replace", "pattern": {"Regex": " +"}, "content": "_"}]},
             "pre_tokenizer": {"type": "Sequence", "pretokenizers": [{"type": "Split", "pattern": {"Regex": "\\p{L}+|(?:a)?+b"},
               "behavior": "Isolated"}, {"type": "ByteLevel", "use_regex": false}]},
             "post_processor": {"type": "TemplateProcessing", "single": [{"SpecialToken": {"id": "<s>"}}, {"Sequence": {}}],
               "special_tokens": {"<s>": {"ids": [4]}}},
             "model": {"type": "BPE", "unk_token": null, "vocab": {"a": 0, "b": 1, "ab": 2, "_": 3}, "merges": [["a", "b"]]}}
            """;
        for (int seed = 0; seed < 1000; seed++)
        {
            Random random = new(seed);
            char[] text = Json.ToCharArray();
            for (int i = 0; i <= seed % 3; i++)
            {
                text[random.Next(text.Length)] = random.GetItems<char>("{}[]\",:0129-ab\\pe ^$*", 1)[0];
            }

            Write("tokenizer.json", new string(text));
            try
            {
                Open().Encode("ab ba <s>", addSpecial: true, parseSpecial: true);
            }
            catch (ModelFormatException)
            {
                // The expected refusal; any other exception fails the test with this seed's text on disk.
            }
            catch (Exception error)
            {
                Assert.Fail($"seed {seed}: {error}");
            }
        }
    }

    [Fact]
    public void A_vocabulary_in_another_format_is_refused_and_none_at_all_is_none()
    {
        Assert.Null(TokenizerFactory.FromHuggingFace(_directory));
        Write("tokenizer.model", "");
        Assert.Contains("the file is missing", Assert.Throws<ModelFormatException>(Open).Message, StringComparison.Ordinal);
    }

    private void Write(string name, string content) => File.WriteAllText(Path.Combine(_directory, name), content);

    private Tokenizer Open() => TokenizerFactory.FromHuggingFace(_directory)!;
}
