using System.Text;
using Winnow.Generation;

namespace Winnow.Tests.Generation;

public class StopMatcherTests
{
    [Fact]
    public void Text_that_may_begin_a_stop_string_is_held_back_and_no_more()
    {
        StopMatcher matcher = new(["</s>", "User:"]);
        Assert.Equal("Hello ", matcher.Push("Hello <"));
        Assert.Equal("", matcher.Push("/"));
        Assert.Equal("</b> ", matcher.Push("b> Us"));
        Assert.Equal("Use", matcher.Push("e") + matcher.Flush());
    }

    [Fact]
    public void A_stop_string_may_span_pieces_and_ends_the_text()
    {
        StopMatcher matcher = new(["\nUser:"]);
        Assert.Equal("Yes.", matcher.Push("Yes."));
        Assert.Equal("", matcher.Push("\n"));
        Assert.Equal("", matcher.Push("User"));
        Assert.Null(matcher.Stop);
        Assert.Equal("", matcher.Push(": and more"));
        Assert.Equal("\nUser:", matcher.Stop);
        Assert.Equal("", matcher.Push("more"));
        Assert.Equal("", matcher.Flush());
    }

    [Fact]
    public void Held_text_comes_out_at_the_end_when_no_stop_string_came_of_it()
    {
        StopMatcher matcher = new(["###"]);
        Assert.Equal("a", matcher.Push("a##"));
        Assert.Equal("##", matcher.Flush());
        Assert.Equal("", matcher.Flush());
        Assert.Null(matcher.Stop);
    }

    [Fact]
    public void The_stop_string_that_is_complete_first_wins_and_the_longest_of_those()
    {
        StopMatcher first = new(["abcd", "bc"]);
        Assert.Equal("xa", first.Push("xabcd"));
        Assert.Equal("bc", first.Stop);
        StopMatcher longest = new(["c", "abc", "bc"]);
        Assert.Equal("x", longest.Push("xabc"));
        Assert.Equal("abc", longest.Stop);
    }

    [Fact]
    public void Without_stop_strings_pieces_pass_as_they_are()
    {
        StopMatcher matcher = new([]);
        string piece = "anything";
        Assert.Same(piece, matcher.Push(piece));
    }

    [Fact]
    public void An_empty_stop_string_is_refused()
    {
        Assert.Throws<ArgumentException>(() => new StopMatcher(["a", ""]));
    }

    [Fact]
    public void However_the_text_is_cut_the_result_is_that_of_a_search_of_the_whole_text()
    {
        for (int seed = 0; seed < 5000; seed++)
        {
            Random random = new(seed);
            string text = Letters(random, random.Next(60));
            string[] stops = [.. Enumerable.Range(0, random.Next(4)).Select(_ => Letters(random, 1 + random.Next(6)))];
            (string expected, string? stop) = Search(text, stops);
            StopMatcher matcher = new(stops);
            StringBuilder emitted = new();
            int position = 0;
            while (position < text.Length)
            {
                int length = Math.Min(random.Next(5), text.Length - position);
                emitted.Append(matcher.Push(text.Substring(position, length)));
                position += length;
                string seen = text[..position];
                if (Search(seen, stops).Stop is null)
                {
                    // What is held back is the longest end of the text that begins a stop string.
                    int held = Enumerable.Range(0, seen.Length + 1)
                        .Last(n => n == 0 || stops.Any(s => s.StartsWith(seen[^n..], StringComparison.Ordinal)));
                    Assert.True(seen.Length - held == emitted.Length, $"seed {seed}: held back other than {held} characters");
                }
            }

            emitted.Append(matcher.Flush());
            Assert.True(expected == emitted.ToString(), $"seed {seed}: '{emitted}' instead of '{expected}'");
            Assert.True(stop == matcher.Stop, $"seed {seed}: stopped by '{matcher.Stop}' instead of '{stop}'");
        }
    }

    private static (string Text, string? Stop) Search(string text, string[] stops)
    {
        for (int end = 1; end <= text.Length; end++)
        {
            string? stop = stops.Where(s => text[..end].EndsWith(s, StringComparison.Ordinal)).MaxBy(s => s.Length);
            if (stop is not null)
            {
                return (text[..(end - stop.Length)], stop);
            }
        }

        return (text, null);
    }

    /// <summary>Two letters, so that stop strings overlap themselves and each other.</summary>
    private static string Letters(Random random, int length)
    {
        return string.Concat(Enumerable.Range(0, length).Select(_ => random.Next(3) == 0 ? 'a' : 'b'));
    }
}
