using System.Text;
using Winnow.Formats;
using Winnow.Retrieval.Storage;

namespace Winnow.Tests.Retrieval;

public class IndexBlockTests
{
    [Theory]
    [InlineData(1)]
    [InlineData(40)]
    [InlineData(700)]
    public void The_list_of_a_feature_is_every_token_that_has_it(int sentences)
    {
        SyntheticIndex index = new(sentences, sentences);
        long total = 0;
        for (int autoencoder = 0; autoencoder < SyntheticIndex.Autoencoders; autoencoder++)
        {
            for (int feature = 0; feature < SyntheticIndex.Latents; feature++)
            {
                int[] expected = index.PostingsOf(autoencoder, feature);
                ReadOnlySpan<byte> list = index.Block.Postings(autoencoder, feature, out int count);
                Assert.Equal(expected, Decode(list));
                Assert.Equal(expected.Length, count);
                total += count;
            }
        }

        Assert.Equal((long)index.Tokens * SyntheticIndex.Active * SyntheticIndex.Autoencoders, total);
    }

    [Fact]
    public void Features_of_too_many_tokens_lose_their_list_and_keep_their_frequency()
    {
        SyntheticIndex whole = new(9, 300);
        SyntheticIndex pruned = new(9, 300, pruneAbove: 0.05);
        int lost = 0;
        for (int feature = 0; feature < SyntheticIndex.Latents; feature++)
        {
            int[] expected = whole.PostingsOf(0, feature);
            ReadOnlySpan<byte> list = pruned.Block.Postings(0, feature, out int count);
            bool isPruned = expected.Length > 0.05 * whole.Tokens;
            lost += isPruned ? 1 : 0;
            Assert.Equal(expected.Length, count);
            Assert.Equal(isPruned ? [] : expected, Decode(list));
        }

        Assert.InRange(lost, 1, SyntheticIndex.Latents - 1);
    }

    [Fact]
    public void Distances_of_every_size_come_back()
    {
        int[] positions = [0, 1, 254, 255, 509, 510, 65_535];
        byte[] bytes = new byte[64];
        int length = 0;
        int previous = -1;
        foreach (int position in positions)
        {
            int written = PostingList.Write(bytes.AsSpan(length), previous, position);
            Assert.Equal(PostingList.SizeOf(previous, position), written);
            length += written;
            previous = position;
        }

        Assert.Equal(positions, Decode(bytes.AsSpan(0, length)));
        length = PostingList.Write(bytes, -1, 65_535);
        Assert.Equal([65_535], Decode(bytes.AsSpan(0, length)));
    }

    [Fact]
    public void A_list_that_names_tokens_beyond_the_end_is_noticed()
    {
        Assert.False(PostingList.AddTo([1, 200], new float[100], 1));
        Assert.False(PostingList.AddTo([255, 1], new float[100], 1));
        float[] scores = new float[3];
        Assert.True(PostingList.AddTo([1, 2], scores, 2));
        Assert.Equal([2, 0, 2], scores);
    }

    [Fact]
    public void The_text_of_tokens_and_its_place_come_back()
    {
        SyntheticIndex index = new(3, 50);
        (string all, int start) = index.Block.TextOf(0, index.Tokens);
        Assert.Equal((index.Text, 0), (all, start));
        Random random = new(1);
        for (int run = 0; run < 100; run++)
        {
            int first = random.Next(index.Tokens);
            (string text, int at) = index.Block.TextOf(first, random.Next(first, index.Tokens) + 1);
            Assert.Equal(index.Text.Substring(at, text.Length), text);
        }
    }

    [Fact]
    public void The_units_that_hold_a_word_are_found_with_their_counts()
    {
        SyntheticIndex index = new(4, 200);
        for (int word = 0; word < 62; word++)
        {
            string text = $"word{word}";
            Dictionary<int, int> expected = [];
            for (int unit = 0; unit < index.Block.Units; unit++)
            {
                int end = unit + 1 < index.Block.Units ? index.Block.UnitStarts[unit + 1] : index.Tokens;
                int count = index.Block.TextOf(index.Block.UnitStarts[unit], end).Text.Split([' ', '.', '\n']).Count(item => item == text);
                if (count > 0)
                {
                    expected[unit] = count;
                }
            }

            ReadOnlySpan<byte> list = index.Block.WordPostings(Encoding.UTF8.GetBytes(text), out int units);
            Assert.Equal(expected.Count, units);
            for (int unit = -1; !list.IsEmpty; list = list[1..])
            {
                unit = PostingList.Read(ref list, unit);
                Assert.Equal(expected[unit], list[0]);
            }
        }
    }

    [Fact]
    public void A_word_that_names_the_sentence_before_the_first_is_damage()
    {
        SyntheticIndex index = new(4, 200);
        ReadOnlySpan<byte> list = index.Block.WordPostings("word7"u8, out _);
        byte[] damaged = [.. index.Bytes];
        damaged[damaged.AsSpan().IndexOf(list)] = 0;
        IndexBlock block = new("file", new BlockBytes(damaged), [SyntheticIndex.Latents, SyntheticIndex.Latents]);
        Winnow.Retrieval.Search.IndexState state = new([new Winnow.Retrieval.Search.IndexedText("d", [block])]);
        ModelFormatException error = Assert.Throws<ModelFormatException>(() => Winnow.Retrieval.Search.WordSearch.Score(state, "word7"));
        Assert.Contains("names a sentence", error.Message, StringComparison.Ordinal);
    }

    [Fact]
    public void Damaged_blocks_are_refused_or_harmless()
    {
        byte[] bytes = new SyntheticIndex(6, 30).Bytes;
        Random random = new(7);
        for (int run = 0; run < 3000; run++)
        {
            byte[] damaged = [.. bytes];
            damaged[random.Next(damaged.Length)] = (byte)random.Next(256);
            byte[] cut = run % 3 == 0 ? damaged[..random.Next(damaged.Length)] : damaged;
            try
            {
                // Checksums guard against accidents; this is about files made to do harm.
                IndexBlock block = new("file", new BlockBytes(cut), [SyntheticIndex.Latents, SyntheticIndex.Latents]);
                block.TextOf(0, block.Tokens);
                Winnow.Retrieval.Search.IndexState state = new([new Winnow.Retrieval.Search.IndexedText("d", [block])]);
                Winnow.Retrieval.Search.WordSearch.Score(state, "word1 word2 word3 word4");
                Winnow.Retrieval.Search.FeatureScores.Compute(state, Questions.All(), null);
            }
            catch (ModelFormatException)
            {
            }
        }
    }

    private static int[] Decode(ReadOnlySpan<byte> list)
    {
        List<int> positions = [];
        int position = -1;
        while (!list.IsEmpty)
        {
            position = PostingList.Read(ref list, position);
            positions.Add(position);
        }

        return [.. positions];
    }
}
