using BenchmarkDotNet.Attributes;
using Winnow.Formats;
using Winnow.Tokenization;

namespace Winnow.Benchmarks.Tokenization;

/// <summary>
/// Encoding and decoding of a long text. <c>WINNOW_VOCABULARY</c> names a GGUF file, <c>WINNOW_TEXT</c> a text file.
/// </summary>
[MemoryDiagnoser]
public class TokenizerBenchmark
{
    private readonly List<int> _ids = [];
    private Tokenizer _tokenizer = null!;
    private string _text = "";

    [GlobalSetup]
    public void Setup()
    {
        _tokenizer = Load();
        _text = File.ReadAllText(Variable("WINNOW_TEXT"));
        Encode();
    }

    [Benchmark]
    public Tokenizer Load()
    {
        string path = Variable("WINNOW_VOCABULARY");
        using GgufFile file = GgufFile.Open(path);
        return TokenizerFactory.FromGguf(file.Metadata, path)!;
    }

    [Benchmark]
    public int Encode()
    {
        _ids.Clear();
        _tokenizer.Encode(_text, _ids);
        return _ids.Count;
    }

    [Benchmark]
    public int Decode() => _tokenizer.Decode(_ids).Length;

    private static string Variable(string name) =>
        Environment.GetEnvironmentVariable(name) ?? throw new InvalidOperationException($"{name} is not set");
}
