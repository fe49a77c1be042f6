using System.Buffers.Binary;
using Winnow.Formats;
using Winnow.Generation;
using Winnow.Models;
using Winnow.Models.Config;
using Winnow.Tensors;

namespace Winnow.Tests.Models;

/// <summary>What PyTorch computed for a tiny model: ids, logits after each of them, and the greedy continuation.</summary>
internal sealed class Golden
{
    private Golden(int[] ids, float[] logits, int[] greedyIds, Golden? shorter)
    {
        Shorter = shorter;
        Ids = ids;
        Logits = logits;
        GreedyIds = greedyIds;
        double mean = logits.Average(x => (double)x);
        Deviation = Math.Sqrt(logits.Average(x => (x - mean) * (x - mean)));
    }

    public int[] Ids { get; }

    public float[] Logits { get; }

    public int[] GreedyIds { get; }

    /// <summary>The standard deviation of the logits, which tolerances are relative to.</summary>
    public double Deviation { get; }

    /// <summary>The same for a prompt below the length that a rotary scaling begins at, or null.</summary>
    public Golden? Shorter { get; }

    public static Golden Open(string folder)
    {
        using SafetensorsFile file = SafetensorsFile.Open(Path.Combine(folder, "golden.safetensors"));
        return Read("", file.Tensors.ContainsKey("short_input_ids") ? Read("short_", null) : null);

        Golden Read(string prefix, Golden? shorter) => new(
            Int64(file.Tensors[prefix + "input_ids"]), Single(file.Tensors[prefix + "logits"]), Int64(file.Tensors[prefix + "greedy_ids"]), shorter);
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

    private static int[] Int64(TensorEntry tensor) =>
        [.. Enumerable.Range(0, (int)tensor.ElementCount).Select(i => (int)BinaryPrimitives.ReadInt64LittleEndian(tensor.Bytes(8L * i, 8)))];
}
