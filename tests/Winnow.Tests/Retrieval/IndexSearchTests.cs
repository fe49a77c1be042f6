using Winnow.Retrieval;
using Winnow.Retrieval.Lexical;
using Winnow.Retrieval.Search;

namespace Winnow.Tests.Retrieval;

public class IndexSearchTests
{
    [Fact]
    public void Scores_equal_the_equation_evaluated_token_by_token()
    {
        SyntheticIndex index = new(11, 400);
        QuestionFeatures question = Questions.Random(12, 20);
        double[] expected = new double[index.Tokens];
        for (int autoencoder = 0; autoencoder < SyntheticIndex.Autoencoders; autoencoder++)
        {
            double[] layer = new double[index.Tokens];
            foreach ((int feature, float weight) in question.Features[autoencoder])
            {
                int[] tokens = index.PostingsOf(autoencoder, feature);
                foreach (int token in tokens)
                {
                    layer[token] += weight / (Math.Log(1 + tokens.Length) + 1);
                }
            }

            for (int token = 0; token < expected.Length; token++)
            {
                expected[token] += layer[token] / layer.Max();
            }
        }

        float[] scores = FeatureScores.Compute(index.State, question, null);
        Assert.All(scores.Zip(expected), pair => Assert.Equal(pair.Second, pair.First, 1e-4));
    }

    [Theory]
    [InlineData(0)]
    [InlineData(1)]
    [InlineData(17)]
    [InlineData(33)]
    [InlineData(500)]
    public void Smoothing_equals_a_box_written_out(int length)
    {
        Random random = new(length);
        float[] scores = [.. Enumerable.Range(0, length).Select(_ => random.NextSingle())];
        double[] expected = [.. Enumerable.Range(0, length).Select(i =>
            Enumerable.Range(i - 16, 32).Where(j => j >= 0 && j < length).Sum(j => (double)scores[j]) / 32)];
        Smoothing.Apply(scores);
        Assert.All(scores.Zip(expected), pair => Assert.Equal(pair.Second, pair.First, 1e-5));
    }

    [Fact]
    public void Peaks_come_highest_first_and_keep_their_distance()
    {
        Random random = new(3);
        float[] density = [.. Enumerable.Range(0, 5000).Select(_ => random.NextSingle())];
        int[] peaks = [.. FeatureSearch.Peaks(density)];
        Assert.Equal(peaks.OrderByDescending(peak => density[peak]), peaks);
        Assert.Equal(Array.IndexOf(density, density.Max()), peaks[0]);
        Assert.All(peaks.Order().Zip(peaks.Order().Skip(1)), pair => Assert.True(pair.Second - pair.First >= 64));
    }

    [Fact]
    public void Words_score_as_Bm25_over_units_written_out()
    {
        SyntheticIndex index = new(13, 300);
        IndexState state = index.State;
        string[] asked = ["word3", "word7", "nothing"];
        string[][] units = [.. Enumerable.Range(0, state.Units).Select(unit => state.Documents[0]
            .TextOf(state.UnitStarts[unit], state.UnitStarts[unit + 1]).Text.Split([' ', '.', '\n'], StringSplitOptions.RemoveEmptyEntries))];
        double mean = units.Average(unit => (double)unit.Length);
        float[] scores = WordSearch.Score(state, "word3 word7 word3 nothing?");
        for (int unit = 0; unit < units.Length; unit++)
        {
            double expected = asked.Sum(word => units[unit].Contains(word)
                ? Bm25.InverseDocumentFrequency(units.Length, units.Count(other => other.Contains(word)))
                    * Bm25.Saturation(units[unit].Count(other => other == word), units[unit].Length, mean)
                : 0);
            Assert.Equal(expected, scores[unit], 1e-4);
        }
    }

    [Theory]
    [InlineData(40, 0.3)]
    [InlineData(200, 0)]
    [InlineData(200, 1)]
    [InlineData(700, 0.5)]
    public void Evidence_keeps_to_the_budget_is_quoted_word_by_word_and_stands_in_order(int budget, double bm25)
    {
        SyntheticIndex index = new(14, 400);
        IReadOnlyList<EvidenceSpan> spans = IndexSearch.Run(
            index.State, "word3 and word9", Questions.Random(15, 12), null, new SearchOptions { Budget = budget, Bm25 = bm25 });
        Assert.NotEmpty(spans);
        Assert.InRange(spans.Sum(span => span.EndToken - span.FirstToken), budget / 2, budget);
        Assert.All(spans, span => Assert.Equal(index.Text[(int)span.FirstCharacter..(int)span.EndCharacter], span.Text));
        Assert.All(spans, span => Assert.InRange(span.Score, 0, 1));
        Assert.All(spans.Zip(spans.Skip(1)), pair => Assert.True(pair.First.EndToken < pair.Second.FirstToken));
        Assert.Contains(spans, span => span.Source.HasFlag(bm25 == 1 ? EvidenceSource.Words : EvidenceSource.Features));
    }

    [Fact]
    public void A_budget_of_the_whole_index_takes_it_whole()
    {
        SyntheticIndex index = new(16, 60);
        EvidenceSpan span = Assert.Single(IndexSearch.Run(index.State, "word1", null, null, new SearchOptions { Budget = index.Tokens }));
        Assert.Equal(index.Text, span.Text);
        Assert.Equal((0, index.Tokens), (span.FirstToken, span.EndToken));
    }

    [Fact]
    public void Documents_are_searched_together_and_no_span_crosses_from_one_into_the_next()
    {
        SyntheticIndex first = new(17, 100);
        SyntheticIndex second = new(18, 100);
        IndexState state = new([new IndexedText("first", [first.Block]), new IndexedText("second", [second.Block, first.Block])]);
        IReadOnlyList<EvidenceSpan> spans = IndexSearch.Run(
            state, "word5 word6", Questions.Random(19, 30), null, new SearchOptions { Budget = state.Tokens / 2 });
        Assert.Equal(["first", "second"], spans.Select(span => span.Document).Distinct());
        string[] texts = [first.Text, second.Text + first.Text];
        Assert.All(spans, span => Assert.Equal(
            texts[span.Document == "first" ? 0 : 1][(int)span.FirstCharacter..(int)span.EndCharacter], span.Text));
    }
}
