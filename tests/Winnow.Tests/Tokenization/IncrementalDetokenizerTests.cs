using System.Text;
using Winnow.Tokenization;
using static Winnow.Tests.Tokenization.Vocabularies;

namespace Winnow.Tests.Tokenization;

public class IncrementalDetokenizerTests
{
    [Fact]
    public void A_character_comes_out_when_its_last_byte_is_there()
    {
        IncrementalDetokenizer detokenizer = new(Open(ByteLevel()));
        Assert.Equal("a", detokenizer.Append('a'));
        Assert.Equal("", detokenizer.Append(0xF0));
        Assert.Equal("", detokenizer.Append(0x9F));
        Assert.Equal("", detokenizer.Append(0x98));
        Assert.Equal("😀", detokenizer.Append(0x80));
        Assert.Equal("", detokenizer.Flush());
    }

    [Fact]
    public void Bytes_that_cannot_become_a_character_are_written_as_replacement()
    {
        IncrementalDetokenizer detokenizer = new(Open(ByteLevel()));
        Assert.Equal("", detokenizer.Append(0xE4));
        Assert.Equal("\uFFFDx", detokenizer.Append('x'));
        Assert.Equal("\uFFFD", detokenizer.Append(0xFF));
        Assert.Equal("", detokenizer.Append(0xC3));
        Assert.Equal("\uFFFD", detokenizer.Flush());
        Assert.Equal("y", detokenizer.Append('y'));
    }

    [Fact]
    public void Any_bytes_come_out_as_a_whole_decoder_writes_them()
    {
        Tokenizer tokenizer = Open(ByteLevel());
        for (int seed = 0; seed < 500; seed++)
        {
            Random random = new(seed);
            byte[] text = Encoding.UTF8.GetBytes(RandomText.Create(seed));
            byte[] bytes = [.. text.Select(b => random.Next(20) == 0 ? (byte)random.Next(256) : b)];
            IncrementalDetokenizer detokenizer = new(tokenizer);
            StringBuilder found = new();
            foreach (byte b in bytes)
            {
                string piece = detokenizer.Append(b);
                Assert.False(piece.Length > 0 && char.IsHighSurrogate(piece[^1]), $"seed {seed}");
                found.Append(piece);
            }

            found.Append(detokenizer.Flush());
            Assert.True(Encoding.UTF8.GetString(bytes) == found.ToString(), $"seed {seed}");
        }
    }

    [Fact]
    public void Control_tokens_are_hidden_by_default()
    {
        Tokenizer tokenizer = Open(ByteLevel(added: [("<|im_end|>", Control)]));
        Assert.Equal("", new IncrementalDetokenizer(tokenizer).Append(261));
        Assert.Equal("<|im_end|>", new IncrementalDetokenizer(tokenizer, skipSpecial: false).Append(261));
    }

    [Fact]
    public void The_space_in_front_of_a_text_goes_but_that_of_a_continuation_stays()
    {
        Tokenizer tokenizer = Open(SentencePiece(("▁", -1), ("▁a", -1)));
        tokenizer.TryGetId("▁a", out int id);
        IncrementalDetokenizer start = new(tokenizer);
        Assert.Equal("", start.Append(1));
        Assert.Equal("a", start.Append(id));
        Assert.Equal(" a", start.Append(id));
        Assert.Equal(" a", new IncrementalDetokenizer(tokenizer, startOfText: false).Append(id));
    }
}
