using System.IO.Compression;
using System.Text;
using Winnow.Fuzz.Models;
using Winnow.Fuzz.Mutation;
using Winnow.Fuzz.Running;
using Winnow.Lab.Evaluation;

namespace Winnow.Fuzz.Surfaces;

/// <summary>Files of evaluation cases, plain and compressed.</summary>
internal sealed class CasesSurface : Surface
{
    private static readonly string[] Cases =
    [
        """{"id":"niah-1","task":"niah_single","target_length":4096,"length_tokens":4000,"depth":0.5,"prompt":"The number is 17. What is the number?","answer":"","answer_tokens":16,"expected":["17"]}""",
        """{"id":"vt-2","task":"variable_tracking","target_length":1,"depth":1,"prompt":"é \u00e9 🙂","answer":"VAR","answer_tokens":0,"expected":["a","b","c"],"other":{"x":[1,2]}}""",
    ];

    private readonly ScratchFolder _folder = new();
    private readonly JsonMutator _mutator = new(
        Cases, [], ["null", "true", "0", "-1", "1.5", "2147483648", "1e400", "\"\"", "[]", "[\"\"]", "[1]", "{}", "\"x\"", "[\"a\",\"a\"]"]);

    public override string Name => "cases";

    public override IReadOnlyList<byte[]> Seeds => [Encoding.UTF8.GetBytes(string.Join('\n', Cases)), Compress(Encoding.UTF8.GetBytes(Cases[0]))];

    public override byte[] Make(InputRandom random)
    {
        using MemoryStream lines = new();
        for (int i = random.Few(4); i > 0; i--)
        {
            lines.Write(random.OneIn(3) ? Encoding.UTF8.GetBytes(random.Pick(Cases)) : _mutator.Mutate(random));
            lines.Write(random.OneIn(20) ? "\r\n\n  \n"u8 : "\n"u8);
        }

        byte[] plain = lines.ToArray();
        byte[] bytes = random.OneIn(4) ? Compress(plain) : plain;
        return random.OneIn(8) ? ByteMutation.Mutate(bytes, random) : bytes;
    }

    public override void Dispose()
    {
        _folder.Dispose();
        base.Dispose();
    }

    protected override void Use(ReadOnlySpan<byte> input)
    {
        try
        {
            string path = _folder.Write("cases.jsonl", input)!;
            foreach (EvaluationCase item in EvaluationCaseFile.Read(path))
            {
                Accept();
                item.IsAnsweredBy(item.Prompt);
            }
        }
        finally
        {
            _folder.Clear();
        }
    }

    private static byte[] Compress(byte[] bytes)
    {
        using MemoryStream stream = new();
        using (GZipStream compressed = new(stream, CompressionLevel.Fastest))
        {
            compressed.Write(bytes);
        }

        return stream.ToArray();
    }
}
