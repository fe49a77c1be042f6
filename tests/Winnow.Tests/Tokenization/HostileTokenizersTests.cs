using System.Text;
using Winnow.Formats;
using Winnow.Tokenization;
using static Winnow.Tests.Tokenization.Vocabularies;

namespace Winnow.Tests.Tokenization;

/// <summary>A vocabulary comes with a model from anywhere: what it does to a text ends soon, in bounds, or with a typed error.</summary>
public sealed class HostileTokenizersTests : IDisposable
{
    private readonly string _directory = Directory.CreateTempSubdirectory("winnow-tokenizer-").FullName;

    public void Dispose() => Directory.Delete(_directory, recursive: true);

    [Theory]
    [InlineData("{\"String\": \"a\"}")]
    [InlineData("{\"Regex\": \"a\"}")]
    public void Replacements_that_multiply_are_refused(string pattern)
    {
        string replace = $$"""{"type": "Replace", "pattern": {{pattern}}, "content": "aaaaaaaaaa"}""";
        string nested = $$"""{"type": "Sequence", "normalizers": [{{string.Join(',', Enumerable.Repeat(replace, 4))}}]}""";
        Tokenizer tokenizer = OpenWith($$"""{"type": "Sequence", "normalizers": [{{nested}}, {{nested}}, {{replace}}]}""");
        WinnowException error = Assert.Throws<WinnowException>(() => tokenizer.Encode("a"));
        Assert.Contains("normalizer makes more than", error.Message, StringComparison.Ordinal);
    }

    [Fact]
    public void A_replacement_may_make_some_characters_of_one()
    {
        Tokenizer tokenizer = OpenWith("""{"type": "Replace", "pattern": {"String": "a"}, "content": "bbbbbbbb"}""");
        Assert.Equal(8000, tokenizer.Encode(new string('a', 1000)).Length);
    }

    [Theory]
    [InlineData("(")]
    [InlineData("a{2,1}")]
    [InlineData("[b-a]")]
    public void A_malformed_expression_is_refused_with_the_file(string pattern)
    {
        ModelFormatException error = Assert.Throws<ModelFormatException>(
            () => OpenWith($$$"""{"type": "Replace", "pattern": {"Regex": "{{{pattern}}}"}, "content": ""}"""));
        Assert.Contains("tokenizer.json", error.Message, StringComparison.Ordinal);
        Assert.Contains("is not supported", error.Message, StringComparison.Ordinal);
    }

    [Theory]
    [InlineData("""{"model": {"type": "Unigram", "vocab": [["a", "0"]]}}""", "must be a text and a score")]
    [InlineData("""{"normalizer": {"type": "Precompiled", "precompiled_charsmap": 7}, "model": {"type": "BPE", "vocab": {"a": 0}, "merges": []}}""", "in base 64")]
    public void Values_of_another_kind_are_refused_with_the_file(string json, string problem)
    {
        Write("tokenizer.json", json);
        ModelFormatException error = Assert.Throws<ModelFormatException>(() => TokenizerFactory.FromHuggingFace(_directory));
        Assert.Contains("tokenizer.json", error.Message, StringComparison.Ordinal);
        Assert.Contains(problem, error.Message, StringComparison.Ordinal);
    }

    [Fact]
    public void An_expression_that_never_comes_back_is_a_typed_error()
    {
        Tokenizer tokenizer = OpenWith("""{"type": "Replace", "pattern": {"Regex": "(a|aa)+$"}, "content": ""}""");
        WinnowException error = Assert.Throws<WinnowException>(() => tokenizer.Encode(new string('a', 200) + "b"));
        Assert.Contains("takes too long", error.Message, StringComparison.Ordinal);
    }

    [Fact]
    public void Tokens_that_hold_each_other_are_found_in_one_pass()
    {
        (string, int)[] added = [.. Enumerable.Range(2, 1999).Select(length => (new string('~', length), UserDefined)), ("~!", UserDefined)];
        Tokenizer tokenizer = Open(ByteLevel(added: added));

        // The longest first: 50 of 2,000, and one of 7.
        Assert.Equal([.. Enumerable.Repeat(261 + 1998, 50), 261 + 5], tokenizer.Encode(new string('~', 100_007)));
    }

    [Fact]
    public void The_tokens_that_occur_are_those_that_a_search_for_each_finds()
    {
        const int Seed = 77;
        Random random = new(Seed);
        string Word(int least, int most) => string.Concat(Enumerable.Range(0, random.Next(least, most)).Select(_ => "ab<"[random.Next(3)]));
        for (int round = 0; round < 300; round++)
        {
            string[] tokens = [.. Enumerable.Range(0, random.Next(1, 12)).Select(_ => Word(1, 6)).Distinct()];
            string text = Word(0, 30);
            IEnumerable<int> expected = Enumerable.Range(0, tokens.Length).Where(i => text.Contains(tokens[i], StringComparison.Ordinal));
            Assert.True(expected.SequenceEqual(new SpecialTokenFinder(tokens).Occurring(text)), $"seed {Seed}, round {round}: {string.Join(' ', tokens)} in {text}");
        }
    }

    [Fact]
    public void Tokens_without_a_text_take_no_memory_and_have_names()
    {
        Tokenizer tokenizer = Open(ByteLevel(added: [("[PAD300]", Normal)])).Padded(1 << 30);
        Assert.Equal(1 << 30, tokenizer.VocabularySize);
        Assert.Equal("[PAD1000000000]", tokenizer.TokenText(1_000_000_000));
        Assert.True(tokenizer.TryGetId("[PAD1000000000]", out int id) && id == 1_000_000_000);
        Assert.Equal(("[PAD300]", "[PAD300]'"), (tokenizer.TokenText(261), tokenizer.TokenText(300)));
        Assert.True(tokenizer.TryGetId("[PAD300]'", out id) && id == 300);
        Assert.True(tokenizer.TryGetId("[PAD300]", out id) && id == 261);
        Assert.False(tokenizer.TryGetId("[PAD17]", out _));
        Assert.False(tokenizer.TryGetId("[PAD1000000000]'", out _));
        Assert.False(tokenizer.TryGetId("[PAD", out _));
        Assert.Empty(tokenizer.TokenBytes(1_000_000_000).ToArray());
        Assert.False(tokenizer.IsControl(1_000_000_000));
    }

    [Theory]
    [InlineData("""{"Regex": "\\p{S}"}""", "x", "a😀b€", "axbx")]
    [InlineData("""{"Regex": "😀+"}""", "$1", "a😀😀b", "a$1b")]
    [InlineData("""{"Regex": "."}""", "x", "😀a", "xx")]
    [InlineData("""{"String": "😀"}""", "_", "a😀b", "a_b")]
    public void A_replacement_sees_characters_and_takes_its_content_as_it_is(string pattern, string content, string text, string expected)
    {
        Tokenizer tokenizer = OpenWith($$"""{"type": "Replace", "pattern": {{pattern}}, "content": "{{content}}"}""");
        Assert.Equal(expected, string.Concat(tokenizer.Encode(text).Select(tokenizer.TokenText)));
    }

    [Theory]
    [InlineData("İΣ", "i̇σ")]
    [InlineData("ΟΔΟΣ", "οδοσ")]
    public void Lower_case_is_that_of_each_character(string text, string expected)
    {
        Tokenizer tokenizer = OpenWith("""{"type": "Lowercase"}""", "iσοδ\u0307");
        Assert.Equal(expected, string.Concat(tokenizer.Encode(text).Select(tokenizer.TokenText)));
    }

    [Fact]
    public void Added_tokens_of_the_configuration_alone_are_found()
    {
        Write("tokenizer_config.json", """
            {"added_tokens_decoder": {"4": {"content": "<tool>", "special": false}, "5": {"content": "<|end|>", "special": true}, "0": {"content": "other"}}}
            """);
        Tokenizer tokenizer = OpenWith("null", "abc!");
        Assert.Equal([0, 4, 1], tokenizer.Encode("a<tool>b"));
        Assert.Equal([0, 5, 1], tokenizer.Encode("a<|end|>b", parseSpecial: true));
        Assert.True(tokenizer.IsControl(5) && !tokenizer.IsControl(4));
        Assert.Equal("a", tokenizer.TokenText(0));
    }

    [Theory]
    [InlineData("a<NEW>b", "a|<NEW>|b")]
    [InlineData("a<new>b", "a|<NEW>|b")]
    [InlineData("A<RAW>B", "a|<RAW>|b")]
    [InlineData("a<raw>b", "a|<|r|a|w|>|b")]
    public void An_added_token_is_looked_for_in_the_normalized_text_where_it_says_so(string text, string expected)
    {
        Tokenizer tokenizer = OpenWith("""{"type": "Lowercase"}""", "abnewr<>", """
            {"id": 8, "content": "<NEW>", "normalized": true, "special": false}, {"id": 9, "content": "<RAW>", "normalized": false, "special": false}
            """);
        Assert.Equal(expected, string.Join('|', tokenizer.Encode(text).Select(tokenizer.TokenText)));
    }

    private Tokenizer OpenWith(string normalizer, string letters = "ab-x$1_c", string added = "")
    {
        string vocabulary = string.Join(", ", letters.Select((letter, id) => $"\"{letter}\": {id}"));
        Write("tokenizer.json", $$$"""
            {"normalizer": {{{normalizer}}}, "added_tokens": [{{{added}}}],
             "model": {"type": "BPE", "vocab": { {{{vocabulary}}} }, "merges": []}}
            """);
        return TokenizerFactory.FromHuggingFace(_directory)!;
    }

    private void Write(string file, string content) => File.WriteAllText(Path.Combine(_directory, file), content, Encoding.UTF8);
}
