using System.Buffers.Binary;
using System.Text.Json;
using Winnow.Formats;
using Winnow.Generation;
using Winnow.Models;
using Winnow.Models.Config;
using Winnow.Tensors;

namespace Winnow.Tests.Models;

/// <summary>What PyTorch computed for a tiny model: ids, logits after each of them, and the greedy continuation.</summary>
internal sealed class Golden
{
    /// <summary>Of the logits after each id, those that <see cref="Entry"/> names.</summary>
    private readonly float[] _logits;

    private Golden(int[] ids, float[] logits, double deviation, int[] greedyIds, Golden? shorter)
    {
        Ids = ids;
        _logits = logits;
        Deviation = deviation;
        GreedyIds = greedyIds;
        Shorter = shorter;
    }

    public int[] Ids { get; }

    public int[] GreedyIds { get; }

    /// <summary>The standard deviation of the logits, which tolerances are relative to.</summary>
    public double Deviation { get; }

    /// <summary>The same for a prompt below the length that a rotary scaling begins at, or null.</summary>
    public Golden? Shorter { get; }

    public static Golden Open(string folder)
    {
        string whole = Path.Combine(folder, "golden.safetensors");
        return File.Exists(whole) ? OpenWhole(whole) : OpenSelection(Path.Combine(folder, "golden.json"));
    }

    /// <summary>A prompt of the repository's references.</summary>
    public static Golden Read(JsonElement prompt, Golden? shorter = null) => new(
        [.. prompt.GetProperty("ids").EnumerateArray().Select(id => id.GetInt32())],
        [.. prompt.GetProperty("logits").EnumerateArray().Select(logit => logit.GetSingle())],
        prompt.GetProperty("deviation").GetDouble(),
        prompt.TryGetProperty("greedy_ids", out JsonElement greedy) ? [.. greedy.EnumerateArray().Select(id => id.GetInt32())] : [],
        shorter);

    /// <summary>The largest difference of the logits after an id, in standard deviations; NaN where one is no number.</summary>
    public double Error(int position, ReadOnlySpan<float> logits)
    {
        int count = _logits.Length / Ids.Length;
        double worst = 0;
        for (int i = 0; i < count; i++)
        {
            worst = Math.Max(worst, Math.Abs(logits[Entry(position, i, count, logits.Length)] - _logits[(position * count) + i]));
        }

        return worst / Deviation;
    }

    /// <summary>The same over all prompts and positions.</summary>
    public double LargestError(Model model, int chunk)
    {
        double worst = Shorter?.LargestError(model, chunk) ?? 0;
        using TokenReader reader = new(model, Ids.Length, chunk: chunk, kvType: TensorType.F32);
        reader.ReadLogits(Ids, 512, (position, logits) => worst = Math.Max(worst, Error(position, logits)));
        return worst;
    }

    /// <summary>That a model continues the ids greedily as the reference does.</summary>
    public void CheckGreedyIds(Model model)
    {
        Shorter?.CheckGreedyIds(model);
        if (model.Config.Layers[0].Rope?.Scaling is RopeScaling.Dynamic)
        {
            CheckGreedyIdsAnew(model);
            return;
        }

        using TokenReader reader = new(model, Ids.Length + GreedyIds.Length, kvType: TensorType.F32);
        float[] logits = new float[model.Config.VocabularySize];
        reader.ReadPrompt(Ids);
        reader.Logits.CopyTo(logits);
        foreach (int expected in GreedyIds)
        {
            Assert.Equal(expected, Array.IndexOf(logits, logits.Max()));
            reader.Step(expected).CopyTo(logits);
        }
    }

    /// <summary>Where rotations depend on the length, the reference reads everything anew for each id.</summary>
    private void CheckGreedyIdsAnew(Model model)
    {
        List<int> all = [.. Ids];
        foreach (int expected in GreedyIds)
        {
            using TokenReader reader = new(model, all.Count, kvType: TensorType.F32);
            reader.ReadPrompt([.. all]);
            float[] logits = reader.Logits.ToArray();
            Assert.Equal(expected, Array.IndexOf(logits, logits.Max()));
            all.Add(expected);
        }
    }

    public static float[] Single(TensorEntry tensor) =>
        [.. Enumerable.Range(0, (int)tensor.ElementCount).Select(i => BinaryPrimitives.ReadSingleLittleEndian(tensor.Bytes(4L * i, 4)))];

    /// <summary>Every entry of a row, or a few that come to every entry over the positions.</summary>
    private static int Entry(int position, int i, int count, int vocabulary) =>
        count == vocabulary ? i : ((37 * position) + (i * vocabulary / count)) % vocabulary;

    private static Golden OpenWhole(string path)
    {
        using SafetensorsFile file = SafetensorsFile.Open(path);
        return Read("", file.Tensors.ContainsKey("short_input_ids") ? Read("short_", null) : null);

        Golden Read(string prefix, Golden? shorter)
        {
            float[] logits = Single(file.Tensors[prefix + "logits"]);
            double mean = logits.Average(x => (double)x);
            double deviation = Math.Sqrt(logits.Average(x => (x - mean) * (x - mean)));
            return new Golden(Int64(file.Tensors[prefix + "input_ids"]), logits, deviation, Int64(file.Tensors[prefix + "greedy_ids"]), shorter);
        }
    }

    private static Golden OpenSelection(string path)
    {
        using JsonDocument document = JsonDocument.Parse(File.ReadAllBytes(path));
        return Read(document.RootElement.GetProperty("prompt"), document.RootElement.TryGetProperty("short_prompt", out JsonElement shorter) ? Read(shorter) : null);
    }

    private static int[] Int64(TensorEntry tensor) =>
        [.. Enumerable.Range(0, (int)tensor.ElementCount).Select(i => (int)BinaryPrimitives.ReadInt64LittleEndian(tensor.Bytes(8L * i, 8)))];
}
