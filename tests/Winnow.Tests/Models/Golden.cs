using System.Buffers.Binary;
using Winnow.Formats;
using Winnow.Generation;
using Winnow.Models;
using Winnow.Tensors;

namespace Winnow.Tests.Models;

/// <summary>What PyTorch computed for a tiny model: ids, logits after each of them, and the greedy continuation.</summary>
internal sealed class Golden
{
    private Golden(int[] ids, float[] logits, int[] greedyIds)
    {
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

    public static Golden Open(string folder)
    {
        using SafetensorsFile file = SafetensorsFile.Open(Path.Combine(folder, "golden.safetensors"));
        return new Golden(Int64(file.Tensors["input_ids"]), Single(file.Tensors["logits"]), Int64(file.Tensors["greedy_ids"]));
    }

    /// <summary>That a model continues the ids greedily as the reference does.</summary>
    public void CheckGreedyIds(Model model)
    {
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

    public static float[] Single(TensorEntry tensor) =>
        [.. Enumerable.Range(0, (int)tensor.ElementCount).Select(i => BinaryPrimitives.ReadSingleLittleEndian(tensor.Bytes(4L * i, 4)))];

    private static int[] Int64(TensorEntry tensor) =>
        [.. Enumerable.Range(0, (int)tensor.ElementCount).Select(i => (int)BinaryPrimitives.ReadInt64LittleEndian(tensor.Bytes(8L * i, 8)))];
}
