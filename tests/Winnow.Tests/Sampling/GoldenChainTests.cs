using System.IO.Compression;
using System.Text.Json;
using Winnow.Sampling;
using Winnow.Tests.Rooms;

namespace Winnow.Tests.Sampling;

/// <summary>
/// What llama.cpp's own samplers leave of random logits, stage by stage and as a chain: the ids that keep a probability, and
/// that probability. Token i stands for the text of one character, so that a breaker is a sequence of tokens. Top-nσ is never
/// followed by typical sampling, which llama.cpp then does not define.
/// </summary>
public class GoldenChainTests
{
    [Theory]
    [InlineData("top_k", 7)]
    [InlineData("top_p", 12)]
    [InlineData("min_p", 8)]
    [InlineData("typical", 10)]
    [InlineData("top_n_sigma", 4)]
    [InlineData("xtc", 10)]
    [InlineData("temperature", 4)]
    [InlineData("dynamic_temperature", 9)]
    [InlineData("penalties", 12)]
    [InlineData("dry", 37)]
    [InlineData("mirostat", 8)]
    [InlineData("chain", 16)]
    public void Every_stage_leaves_what_llama_cpp_leaves(string stage, int cases)
    {
        using JsonDocument golden = Read();
        int seen = 0;
        foreach (JsonElement test in golden.RootElement.EnumerateArray())
        {
            if (test.GetProperty("stage").GetString() == stage)
            {
                seen++;
                Check(test, $"case {seen} of {stage}");
            }
        }

        Assert.Equal(cases, seen);
    }

    private static void Check(JsonElement test, string name)
    {
        float[] logits = [.. test.GetProperty("logits").EnumerateArray().Select(Logit)];
        Sampler sampler = new(Options(test), Breakers(test, logits.Length));
        sampler.AcceptPrompt([.. test.GetProperty("history").EnumerateArray().Select(id => id.GetInt32())]);

        Candidates left = sampler.Narrow(logits);

        left.Softmax();
        IEnumerable<(int Id, float P)> pairs = left.Ids.ToArray().Zip(left.Probabilities.ToArray());
        (int Id, float P)[] found = [.. pairs.Where(c => c.P > 1e-20f).Order()];
        int[] ids = [.. test.GetProperty("ids").EnumerateArray().Select(id => id.GetInt32())];
        Assert.True(ids.AsSpan().SequenceEqual(found.Select(c => c.Id).ToArray()), $"{name}: other tokens are left");
        int i = 0;
        foreach (JsonElement p in test.GetProperty("probabilities").EnumerateArray())
        {
            double expected = p.GetDouble();
            Assert.True(
                Math.Abs(found[i].P - expected) <= 2e-5 * expected,
                $"{name}: token {found[i].Id} has probability {found[i].P}, not {expected}");
            i++;
        }
    }

    private static SamplingOptions Options(JsonElement test)
    {
        JsonElement options = test.GetProperty("options");
        float Single(string name) => options.GetProperty(name).GetSingle();
        int Int32(string name) => options.GetProperty(name).GetInt32();
        float bias = test.GetProperty("bias").GetSingle();
        Dictionary<int, float> biases = new() { [3] = bias, [50] = 2 * bias, [60] = float.NegativeInfinity };
        return new SamplingOptions
        {
            Seed = 1,
            LogitBias = bias == 0 ? new Dictionary<int, float>() : biases,
            RepeatLastN = Int32("RepeatLastN"),
            RepeatPenalty = Single("RepeatPenalty"),
            FrequencyPenalty = Single("FrequencyPenalty"),
            PresencePenalty = Single("PresencePenalty"),
            DryMultiplier = Single("DryMultiplier"),
            DryBase = Single("DryBase"),
            DryAllowedLength = Int32("DryAllowedLength"),
            DryPenaltyLastN = Int32("DryPenaltyLastN"),
            TopNSigma = Single("TopNSigma"),
            TopK = Int32("TopK"),
            TypicalP = Single("TypicalP"),
            TopP = Single("TopP"),
            MinP = Single("MinP"),
            XtcProbability = Single("XtcProbability"),
            XtcThreshold = Single("XtcThreshold"),
            Temperature = Single("Temperature"),
            DynamicTemperatureRange = Single("DynamicTemperatureRange"),
            DynamicTemperatureExponent = Single("DynamicTemperatureExponent"),
            MinKeep = Int32("MinKeep"),
            Mirostat = Int32("Mirostat"),
            MirostatTau = Single("MirostatTau"),
        };
    }

    private static DrySequenceBreakers Breakers(JsonElement test, int vocabulary)
    {
        return DrySequenceBreakers.Create(
            test.GetProperty("breakers").EnumerateArray().Select(
                breaker => string.Concat(breaker.EnumerateArray().Select(id => (char)(' ' + id.GetInt32())))),
            vocabulary,
            token => [(byte)(' ' + token)],
            text => [.. text.Select(character => character - ' ')]);
    }

    private static float Logit(JsonElement value)
    {
        return value.ValueKind == JsonValueKind.Null ? float.NegativeInfinity : value.GetSingle();
    }

    private static JsonDocument Read()
    {
        string path = Path.Combine(Repository.Root, "tests", "Winnow.Tests", "Sampling", "llama-cpp-chain.json.gz");
        using GZipStream stream = new(File.OpenRead(path), CompressionMode.Decompress);
        return JsonDocument.Parse(stream);
    }
}
