using System.IO.Compression;
using System.Text;
using Winnow.Lab.Evaluation;
using Winnow.Tests.Formats;

namespace Winnow.Tests.Evaluation;

public class EvaluationCaseFileTests
{
    private const string Good =
        """{"id":"a","task":"t","target_length":2048,"length_tokens":1854,"depth":0.25,"prompt":"<|im_start|>user\nWhat?","answer":"It is 8.","answer_tokens":5,"expected":["8"]}""";

    private static string Without(string name) => Good.Replace($"\"{name}\"", "\"other\"", StringComparison.Ordinal);

    [Fact]
    public void A_line_is_a_case()
    {
        EvaluationCase item = Assert.Single(Read(Good));

        Assert.Equal("a", item.Id);
        Assert.Equal("t", item.Task);
        Assert.Equal(2048, item.TargetLength);
        Assert.Equal(1854, item.LengthTokens);
        Assert.Equal(0.25, item.Depth);
        Assert.Equal("<|im_start|>user\nWhat?", item.Prompt);
        Assert.Equal("It is 8.", item.Answer);
        Assert.Equal(5, item.AnswerTokens);
        Assert.Equal(["8"], item.Expected);
    }

    [Fact]
    public void Empty_lines_line_ends_of_either_kind_and_unknown_members_do_no_harm()
    {
        string text = $"\n{Good}\r\n\r\n  \n{Good.Replace("\"id\":\"a\"", "\"id\":\"b\",\"new\":{\"x\":[1]}", StringComparison.Ordinal)}";

        Assert.Equal(["a", "b"], Read(text).Select(item => item.Id));
    }

    [Theory]
    [InlineData("{\"id\":", "no JSON, from byte 6 on")]
    [InlineData("[1]", "a list of 1")]
    [InlineData("7", "7")]
    [InlineData("{}", "'id' is missing")]
    public void A_line_that_is_no_case_is_refused_with_its_number(string line, string problem)
    {
        EvaluationCaseException error = Assert.Throws<EvaluationCaseException>(() => Read($"{Good}\n\n{line}\n{Good}").ToList());

        Assert.Equal(3, error.Line);
        Assert.Contains("line 3", error.Message, StringComparison.Ordinal);
        Assert.Contains(problem, error.Message, StringComparison.Ordinal);
    }

    [Theory]
    [InlineData("id")]
    [InlineData("task")]
    [InlineData("target_length")]
    [InlineData("prompt")]
    [InlineData("answer_tokens")]
    [InlineData("expected")]
    public void A_case_without_what_it_needs_is_refused(string member)
    {
        EvaluationCaseException error = Assert.Throws<EvaluationCaseException>(() => Read(Without(member)).ToList());

        Assert.Contains($"'{member}'", error.Message, StringComparison.Ordinal);
        Assert.Equal(1, error.Line);
    }

    [Theory]
    [InlineData("\"target_length\":2048", "\"target_length\":0")]
    [InlineData("\"target_length\":2048", "\"target_length\":1e30")]
    [InlineData("\"target_length\":2048", "\"target_length\":\"2048\"")]
    [InlineData("\"answer_tokens\":5", "\"answer_tokens\":-1")]
    [InlineData("\"depth\":0.25", "\"depth\":1.5")]
    [InlineData("\"prompt\":\"<|im_start|>user\\nWhat?\"", "\"prompt\":\"\"")]
    [InlineData("\"expected\":[\"8\"]", "\"expected\":[]")]
    [InlineData("\"expected\":[\"8\"]", "\"expected\":[\"\"]")]
    [InlineData("\"expected\":[\"8\"]", "\"expected\":[8]")]
    [InlineData("\"id\":\"a\"", "\"id\":\"\\ud800\"")]
    public void A_member_out_of_its_range_is_refused(string good, string bad)
    {
        string line = Good.Replace(good, bad, StringComparison.Ordinal);
        Assert.NotEqual(Good, line);

        Assert.Throws<EvaluationCaseException>(() => Read(line).ToList());
    }

    [Fact]
    public void What_is_written_reads_back_plain_and_compressed()
    {
        using TemporaryFolder folder = new();
        EvaluationCase[] cases =
        [
            EvaluationCaseTests.Case("é \"quoted\" 🙂", "two\nlines") with { Id = "1", Depth = 0.5, Answer = "an answer", LengthTokens = 7 },
            EvaluationCaseTests.Case("x") with { Id = "2", Prompt = new string('y', 200_000) },
        ];
        foreach (string name in (string[])["cases.jsonl", "cases.jsonl.gz"])
        {
            string path = folder.PathOf(name);
            EvaluationCaseFile.Write(path, cases);
            EvaluationCase[] read = [.. EvaluationCaseFile.Read(path)];

            Assert.Equal(cases.Select(item => item with { Expected = [] }), read.Select(item => item with { Expected = [] }));
            Assert.Equal(cases.Select(item => string.Join('|', item.Expected)), read.Select(item => string.Join('|', item.Expected)));
            Assert.Equal(name.EndsWith(".gz", StringComparison.Ordinal), File.ReadAllBytes(path)[0] == 0x1F);
            Assert.False(File.Exists(path + ".tmp"));
        }
    }

    [Fact]
    public void A_compressed_file_of_empty_lines_is_refused_before_it_is_read_to_its_end()
    {
        using TemporaryFolder folder = new();
        string path = folder.PathOf("bomb.jsonl.gz");
        byte[] lines = new byte[1 << 20];
        Array.Fill(lines, (byte)'\n');
        using (System.IO.Compression.GZipStream output = new(File.Create(path), System.IO.Compression.CompressionLevel.Fastest))
        {
            for (int i = 0; i < 40; i++)
            {
                output.Write(lines);
            }
        }

        EvaluationCaseException refusal = Assert.Throws<EvaluationCaseException>(() => EvaluationCaseFile.Read(path).Count());
        Assert.Contains("hold no case", refusal.Message, StringComparison.Ordinal);
    }

    [Fact]
    public void Two_writers_of_one_file_do_not_take_each_others_away()
    {
        using TemporaryFolder folder = new();
        string path = folder.PathOf("cases.jsonl");
        EvaluationCaseFile.Write(path, During());
        Assert.Equal(["x"], Assert.Single(EvaluationCaseFile.Read(path)).Expected);
        Assert.Equal(["cases.jsonl"], folder.Names());

        IEnumerable<EvaluationCase> During()
        {
            Assert.Throws<WinnowException>(() => EvaluationCaseFile.Write(path, [EvaluationCaseTests.Case("y")]));
            yield return EvaluationCaseTests.Case("x");
        }
    }

    [Fact]
    public void A_failed_write_leaves_what_was_there()
    {
        using TemporaryFolder folder = new();
        string path = folder.PathOf("cases.jsonl");
        File.WriteAllText(path, "before");

        Assert.Throws<InvalidOperationException>(() => EvaluationCaseFile.Write(path, Fail()));

        Assert.Equal("before", File.ReadAllText(path));
        Assert.False(File.Exists(path + ".tmp"));

        static IEnumerable<EvaluationCase> Fail()
        {
            yield return EvaluationCaseTests.Case("x");
            throw new InvalidOperationException();
        }
    }

    [Fact]
    public void Damaged_compression_is_refused_with_a_line()
    {
        using TemporaryFolder folder = new();
        string path = folder.PathOf("cases.jsonl.gz");
        byte[] bytes = Compress(string.Concat(Enumerable.Repeat(Good + "\n", 2_000)));
        File.WriteAllBytes(path, bytes[..(bytes.Length / 2)]);

        Assert.Throws<EvaluationCaseException>(() => EvaluationCaseFile.Read(path).ToList());

        bytes[bytes.Length / 2] ^= 0x5A;
        bytes[(bytes.Length / 2) + 1] ^= 0x5A;
        File.WriteAllBytes(path, bytes);
        Assert.Throws<EvaluationCaseException>(() => EvaluationCaseFile.Read(path).ToList());
    }

    [Fact]
    public void A_line_without_end_does_not_eat_memory()
    {
        // 64 MiB of spaces compress to 64 KiB.
        using TemporaryFolder folder = new();
        string path = folder.PathOf("bomb.jsonl.gz");
        using (FileStream file = File.Create(path))
        using (GZipStream gzip = new(file, CompressionLevel.Fastest))
        {
            byte[] spaces = new byte[1 << 20];
            spaces.AsSpan().Fill((byte)' ');
            for (int i = 0; i < 64; i++)
            {
                gzip.Write(spaces);
            }
        }

        long before = GC.GetAllocatedBytesForCurrentThread();
        EvaluationCaseException error = Assert.Throws<EvaluationCaseException>(() => EvaluationCaseFile.Read(path).ToList());

        Assert.Contains("longer than", error.Message, StringComparison.Ordinal);
        Assert.InRange(GC.GetAllocatedBytesForCurrentThread() - before, 0, 5L * EvaluationCaseFile.MaxLineBytes);
    }

    [Fact]
    public void The_shared_cases_can_be_read()
    {
        EvaluationCase[] cases = [.. EvaluationCaseFile.Read(SharedData.Path("eval/ruler-shared.jsonl.gz"))];

        Assert.Equal(231, cases.Length);
        Assert.Equal(7, cases.Select(item => item.Task).Distinct().Count());
        Assert.All(cases, item => Assert.True(item.IsAnsweredBy(item.Answer), item.Id));
        Assert.All(cases, item => Assert.All(item.Expected, expected => Assert.Contains(expected, item.Prompt, StringComparison.Ordinal)));
    }

    private static IEnumerable<EvaluationCase> Read(string text)
    {
        using TemporaryFolder folder = new();
        string path = folder.PathOf("cases.jsonl");
        File.WriteAllText(path, text);
        return [.. EvaluationCaseFile.Read(path)];
    }

    private static byte[] Compress(string text)
    {
        using MemoryStream stream = new();
        using (GZipStream gzip = new(stream, CompressionLevel.NoCompression))
        {
            gzip.Write(Encoding.UTF8.GetBytes(text));
        }

        return stream.ToArray();
    }
}
