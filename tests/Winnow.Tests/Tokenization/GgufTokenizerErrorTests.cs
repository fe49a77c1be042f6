using Winnow.Formats;
using Winnow.Tokenization;
using static Winnow.Tests.Tokenization.Vocabularies;

namespace Winnow.Tests.Tokenization;

public class GgufTokenizerErrorTests
{
    public static TheoryData<string, object?, string> Faults => new()
    {
        { "tokenizer.ggml.model", null, "'tokenizer.ggml.model' is missing" },
        { "tokenizer.ggml.model", "rwkv", "'rwkv', which is not supported; supported are gpt2" },
        { "tokenizer.ggml.pre", "of-tomorrow", "'of-tomorrow', which is not supported; supported are a.x-4.0" },
        { "tokenizer.ggml.tokens", null, "'tokenizer.ggml.tokens' is missing" },
        { "tokenizer.ggml.tokens", Array.Empty<string>(), "has no tokens" },
        { "tokenizer.ggml.tokens", new[] { "a", "b", "a" }, "'a' twice, as 0 and as 2" },
        { "tokenizer.ggml.tokens", new[] { 1, 2 }, "must be an array of String" },
        { "tokenizer.ggml.token_type", new[] { 1, 1 }, "has 2 values, but there are 261 tokens" },
        { "tokenizer.ggml.merges", null, "'tokenizer.ggml.merges' is missing" },
        { "tokenizer.ggml.merges", new[] { "h e", "oneword" }, "'oneword' at 1" },
    };

    [Theory]
    [MemberData(nameof(Faults))]
    public void A_faulty_vocabulary_is_refused_with_key_and_value(string key, object? value, string expected)
    {
        GgufMetadata metadata = new("made.gguf");
        foreach ((string name, object old) in ByteLevel())
        {
            if (name != key)
            {
                metadata.Set(name, old);
            }
            else if (value is not null)
            {
                metadata.Set(name, value);
            }
        }

        ModelFormatException error = Assert.Throws<ModelFormatException>(() => Open(metadata));
        Assert.StartsWith("made.gguf: ", error.Message, StringComparison.Ordinal);
        Assert.Contains(expected, error.Message, StringComparison.Ordinal);
    }

    [Fact]
    public void Scores_must_be_numbers_for_every_token()
    {
        GgufMetadata metadata = SentencePiece(("▁", -1));
        metadata.Set("tokenizer.ggml.scores", new float[3]);
        Assert.Contains("has 3 values", Assert.Throws<ModelFormatException>(() => Open(metadata)).Message, StringComparison.Ordinal);
        float[] scores = new float[260];
        scores[7] = float.NaN;
        metadata.Set("tokenizer.ggml.scores", scores);
        Assert.Contains("NaN at 7", Assert.Throws<ModelFormatException>(() => Open(metadata)).Message, StringComparison.Ordinal);
    }

    [Theory]
    [InlineData(4_000_000_000u)]
    [InlineData(261u)]
    public void An_id_outside_the_vocabulary_counts_as_none(uint id)
    {
        GgufMetadata metadata = ByteLevel("llama-bpe");
        metadata.Set("tokenizer.ggml.bos_token_id", id);
        metadata.Set("tokenizer.ggml.eos_token_id", -1);
        metadata.Set("tokenizer.ggml.padding_token_id", ulong.MaxValue);
        Tokenizer tokenizer = Open(metadata);
        Assert.Null(tokenizer.BosId);
        Assert.Null(tokenizer.EosId);
        Assert.Null(tokenizer.PaddingId);
    }

    [Fact]
    public void Merges_of_what_is_no_token_are_steps_on_the_way_and_fall_back_to_bytes()
    {
        GgufMetadata metadata = ByteLevel();
        metadata.Set("tokenizer.ggml.merges", new[] { "x y", "xy z" });
        Assert.Equal(['x', 'y', 'z'], Open(metadata).Encode("xyz").Select(id => (char)id));
    }

    [Fact]
    public void An_empty_token_gets_a_name()
    {
        Tokenizer tokenizer = Open(ByteLevel(added: [("", UserDefined)]));
        Assert.Equal("[EMPTY_261]", tokenizer.TokenText(261));
    }
}
