using System.Diagnostics;
using System.Text;
using Winnow.Formats;
using Winnow.Tokenization;
using static Winnow.Tests.Tokenization.Vocabularies;

namespace Winnow.Tests.Tokenization;

public class TokenizerTests
{
    [Fact]
    public void Merges_happen_in_the_order_in_which_they_were_learned()
    {
        // " hello" begins with the pair (h, e), learned before (space, h).
        Tokenizer tokenizer = Open(ByteLevel());
        Assert.Equal([259, Id(' '), 259, Id('!')], tokenizer.Encode("hello hello!"));
        Assert.Equal([260, Id('i')], tokenizer.Encode(" hi"));
    }

    [Theory]
    [InlineData("bytes")]
    [InlineData("pieces")]
    [InlineData("one piece")]
    public async Task A_caller_may_give_up_on_a_long_text(string vocabulary)
    {
        // Of one piece: nothing is between words where a look could be.
        Tokenizer tokenizer = Open(vocabulary switch
        {
            "bytes" => ByteLevel(),
            "pieces" => SentencePiece(("▁a", -1)),
            _ => SentencePiece(("a▁", -1), ("aa", -2)),
        });
        string text = string.Concat(Enumerable.Repeat(vocabulary == "bytes" ? "hello " : "a ", 8_000_000));
        using CancellationTokenSource given = new();
        Task<Exception?> encoding = Task.Run(() => Record.Exception(() => tokenizer.Encode(text, cancellationToken: given.Token)));
        await Task.Delay(50);
        Stopwatch watch = Stopwatch.StartNew();
        given.Cancel();
        Assert.IsAssignableFrom<OperationCanceledException>(await encoding);
        Assert.InRange(watch.Elapsed.TotalSeconds, 0, 1);
    }

    [Fact]
    public void A_control_token_in_text_is_text_unless_asked_for()
    {
        Tokenizer tokenizer = Open(ByteLevel(added: [("<|im_end|>", Control)]));
        int[] asText = tokenizer.Encode("hello<|im_end|>");
        Assert.DoesNotContain(261, asText);
        Assert.Equal("hello<|im_end|>", tokenizer.Decode(asText));
        Assert.Equal([259, 261], tokenizer.Encode("hello<|im_end|>", parseSpecial: true));
        Assert.True(tokenizer.IsEndOfGeneration(261));
    }

    [Fact]
    public void Merging_never_makes_a_control_token_of_text()
    {
        Tokenizer byScore = Open(SentencePiece(("<", -1), ("s", -1), (">", -1), ("<s", -2), ("s>", -2)));
        Assert.DoesNotContain(1, byScore.Encode("a<s>b"));
        Tokenizer byWholePiece = Open(ByteLevel("llama-bpe", ("END", Control)));
        Assert.Equal([Id('E'), Id('N'), Id('D')], byWholePiece.Encode("END"));
    }

    [Fact]
    public void User_defined_tokens_are_always_taken_whole_and_longer_ones_first()
    {
        Tokenizer tokenizer = Open(ByteLevel(added: [("<a>", UserDefined), ("<a><b>", UserDefined), ("<b>", UserDefined)]));
        Assert.Equal([262, 261, Id('x'), 263], tokenizer.Encode("<a><b><a>x<b>"));
    }

    [Fact]
    public void A_piece_that_is_a_token_is_taken_whole_where_merges_are_ignored()
    {
        Assert.Equal([Id(' '), 256], Open(ByteLevel("gpt-2", ("Ġhe", Normal))).Encode(" he"));
        Assert.Equal([261], Open(ByteLevel("llama-bpe", ("Ġhe", Normal))).Encode(" he"));
    }

    [Fact]
    public void Pieces_with_the_highest_score_merge_first_and_the_rest_becomes_bytes()
    {
        Tokenizer tokenizer = Open(SentencePiece(("▁", -9), ("a", -9), ("b", -9), ("c", -9), ("ab", -3), ("bc", -2), ("▁a", -1)));
        Assert.Equal(["▁a", "bc"], Texts(tokenizer, "abc"));
        Assert.Equal(["▁a", "<0xC3>", "<0xA9>", "▁", "c"], Texts(tokenizer, "aé c"));
    }

    [Fact]
    public void A_piece_may_cross_words_where_the_vocabulary_has_one_that_does()
    {
        (string, float)[] pieces = [("▁", -9), ("a", -9), ("b", -9), ("▁b", -3), ("a▁", -2), ("a▁b", -1)];
        Assert.Equal(["▁", "a▁b"], Texts(Open(SentencePiece(pieces)), "a b"));
        Assert.Equal(["▁", "a", "▁b"], Texts(Open(SentencePiece(pieces[..4])), "a b"));
    }

    [Fact]
    public void A_space_goes_in_front_of_sentence_pieces_and_comes_off_again()
    {
        GgufMetadata metadata = SentencePiece(("▁", -1), ("a", -1));
        Tokenizer tokenizer = Open(metadata);
        Assert.Equal(["<s>", "▁", "a"], tokenizer.Encode("a", addSpecial: true).Select(tokenizer.TokenText));
        Assert.Equal("a", tokenizer.Decode(tokenizer.Encode("a", addSpecial: true)));
        Assert.Equal(" a", tokenizer.Decode(tokenizer.Encode(" a")));
        Assert.Empty(tokenizer.Encode(""));
        metadata.Set("tokenizer.ggml.add_space_prefix", false);
        Assert.Equal(["a"], Texts(Open(metadata), "a"));
    }

    [Fact]
    public void Special_tokens_around_a_text_follow_the_file_and_else_the_vocabulary()
    {
        GgufMetadata metadata = ByteLevel("gpt-2", ("<s>", Control), ("</s>", Control));
        metadata.Set("tokenizer.ggml.bos_token_id", 261u);
        metadata.Set("tokenizer.ggml.eos_token_id", 262u);
        Assert.Equal([259], Open(metadata).Encode("hello", addSpecial: true));
        metadata.Set("tokenizer.ggml.add_bos_token", true);
        metadata.Set("tokenizer.ggml.add_eos_token", true);
        Tokenizer tokenizer = Open(metadata);
        Assert.True(tokenizer.AddBos && tokenizer.AddEos);
        Assert.Equal([261, 259, 262], tokenizer.Encode("hello", addSpecial: true));
        Assert.Equal([259], tokenizer.Encode("hello"));
    }

    [Fact]
    public void A_vocabulary_without_BOS_gets_none_even_where_its_family_has_one()
    {
        Tokenizer tokenizer = Open(ByteLevel("llama-bpe"));
        Assert.Null(tokenizer.BosId);
        Assert.False(tokenizer.AddBos);
        Assert.Equal([259], tokenizer.Encode("hello", addSpecial: true));
    }

    [Fact]
    public void Calls_end_a_harmony_reply_but_messages_do_not()
    {
        Tokenizer tokenizer = Open(ByteLevel(added: [("<|end|>", Control), ("<|return|>", Control), ("<|call|>", Control)]));
        Assert.False(tokenizer.IsEndOfGeneration(261));
        Assert.True(tokenizer.IsEndOfGeneration(262) && tokenizer.IsEndOfGeneration(263));
    }

    [Fact]
    public void Byte_level_vocabularies_give_any_text_back()
    {
        string[] names = ["gpt-2", "llama-bpe", "deepseek-llm", "tiny_aya", "superbpe", "kimi-k2"];
        Tokenizer[] tokenizers = [.. names.Select(pre => Open(ByteLevel(pre)))];
        for (int seed = 0; seed < 300; seed++)
        {
            string text = RandomText.Create(seed);
            foreach (Tokenizer tokenizer in tokenizers)
            {
                Assert.True(text == tokenizer.Decode(tokenizer.Encode(text)), $"seed {seed}");
            }
        }
    }

    [Fact]
    public void An_unpaired_surrogate_counts_as_the_replacement_character()
    {
        Tokenizer tokenizer = Open(ByteLevel());
        Assert.Equal(tokenizer.Encode("a\uFFFDb😀\uFFFD"), tokenizer.Encode("a\uD800b😀\uDC00"));
    }

    [Fact]
    public void All_overloads_give_the_same_ids()
    {
        Tokenizer tokenizer = Open(ByteLevel());
        List<int> ids = [7];
        tokenizer.Encode("hello", ids);
        tokenizer.Encode("hello".AsSpan(), ids);
        Assert.Equal([7, 259, 259], ids);
    }

    [Fact]
    public void Tokens_can_be_looked_up_by_text_and_shown_as_bytes()
    {
        Tokenizer tokenizer = Open(ByteLevel(added: [("<x>", Control)]));
        Assert.Equal(262, tokenizer.VocabularySize);
        Assert.True(tokenizer.TryGetId("Ġh", out int id));
        Assert.Equal(" h"u8, tokenizer.TokenBytes(id));
        Assert.Equal("Ġh", tokenizer.TokenText(id));
        Assert.Equal([0xE2], tokenizer.TokenBytes(0xE2).ToArray());
        Assert.False(tokenizer.TryGetId("nothing", out _));
        Assert.True(tokenizer.IsControl(261) && !tokenizer.IsControl(260));
        Assert.Throws<ArgumentOutOfRangeException>(() => tokenizer.TokenText(262));
        Assert.Throws<ArgumentOutOfRangeException>(() => tokenizer.Decode([-1]));
    }

    [Theory]
    [InlineData("a")]
    [InlineData(" ")]
    [InlineData("1")]
    [InlineData("😀")]
    public void A_megabyte_without_a_word_boundary_takes_seconds(string unit)
    {
        string text = string.Concat(Enumerable.Repeat(unit, 1_000_000 / unit.Length));
        Tokenizer[] tokenizers =
        [
            .. ((string[])["gpt-2", "llama-bpe", "gpt-4o", "tiny_aya", "superbpe", "deepseek-llm"]).Select(pre => Open(ByteLevel(pre))),
            Open(SentencePiece(("▁", -1), ("a", -1), ("aa", -2), ("aaaa", -3), ("▁▁", -4))),
        ];
        Stopwatch watch = Stopwatch.StartNew();
        foreach (Tokenizer tokenizer in tokenizers)
        {
            int bytes = tokenizer.Encode(text).Sum(id => tokenizer.TokenBytes(id).Length);
            Assert.Equal(Encoding.UTF8.GetByteCount(text), bytes - (tokenizer.DropsLeadingSpace ? 1 : 0));
        }

        // Quadratic time would be hours.
        Assert.True(watch.Elapsed < TimeSpan.FromSeconds(60), $"{watch.Elapsed}");
    }

    [Fact]
    public void Threads_share_one_tokenizer()
    {
        Tokenizer tokenizer = Open(ByteLevel("llama-bpe"));
        string[] texts = [.. Enumerable.Range(0, 64).Select(RandomText.Create)];
        int[][] expected = [.. texts.Select(text => tokenizer.Encode(text))];
        Parallel.For(0, 512, i => Assert.Equal(expected[i % 64], tokenizer.Encode(texts[i % 64])));
    }

    private static int Id(char c) => c;

    private static IEnumerable<string> Texts(Tokenizer tokenizer, string text) => tokenizer.Encode(text).Select(tokenizer.TokenText);
}
