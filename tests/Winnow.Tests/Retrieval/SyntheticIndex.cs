using Winnow.Retrieval.Search;
using Winnow.Retrieval.Storage;

namespace Winnow.Tests.Retrieval;

/// <summary>Blocks of random text and random features, with everything that they were made from.</summary>
internal sealed class SyntheticIndex
{
    public const int Latents = 96;
    public const int Active = 5;
    public const int Autoencoders = 2;

    public SyntheticIndex(int seed, int sentences, double pruneAbove = 1)
    {
        Random random = new(seed);
        BlockBuilder builder = new();
        for (int i = 0; i < sentences; i++)
        {
            string sentence = string.Concat(Enumerable.Range(0, random.Next(1, 14)).Select(_ => $"word{random.Next(60)} ")).TrimEnd()
                + (random.Next(6) == 0 ? ".\n\n" : ". ");
            // One token a word, with the space in front of it.
            List<int> ends = [];
            for (int at = 1; at < sentence.Length; at++)
            {
                if (sentence[at] == ' ' && at < sentence.Length - 1)
                {
                    ends.Add(at);
                }
            }

            ends.Add(sentence.Length);
            builder.Add(sentence, [.. ends.Select(_ => random.Next(1000))], [.. ends]);
            Text += sentence;
        }

        Tokens = builder.Tokens.Count;
        Features = [.. Enumerable.Range(0, Autoencoders).Select(_ => Enumerable.Range(0, Tokens)
            .SelectMany(_ => Enumerable.Range(0, Latents).OrderBy(_ => random.Next()).Take(Active)).ToArray())];
        Bytes = builder.Build(Features, [Active, Active], [Latents, Latents], pruneAbove);
        Block = new IndexBlock("memory", new BlockBytes(Bytes), [Latents, Latents]);
    }

    public string Text { get; } = "";

    public int Tokens { get; }

    /// <summary>For each autoencoder, [tokens, active].</summary>
    public int[][] Features { get; }

    public byte[] Bytes { get; }

    public IndexBlock Block { get; }

    public IndexState State => new([new IndexedText("document", [Block])]);

    public int[] PostingsOf(int autoencoder, int feature) =>
        [.. Enumerable.Range(0, Tokens).Where(token => Features[autoencoder].AsSpan(token * Active, Active).Contains(feature))];
}
