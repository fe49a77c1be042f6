using System.Runtime.InteropServices;
using System.Text.Json;
using System.Text.RegularExpressions;
using Winnow.Formats;
using Winnow.Tensors;

namespace Winnow.Tests.Quantization;

/// <summary>What ggml made of generated blocks, a generated matrix and models of such blocks: <c>tests/References/types.json</c>, by <c>ggml_types.py</c>.</summary>
internal static partial class TypeReferences
{
    private const int Rows = 64;
    private const int Columns = 512;

    private static readonly Lazy<JsonElement> Root =
        new(() => JsonElement.Parse(File.ReadAllBytes(Path.Combine(AppContext.BaseDirectory, "References", "types.json"))));

    /// <summary>What is known of a type.</summary>
    public static JsonElement Of(TensorType type) => Root.Value.GetProperty("types").GetProperty(type.ToString());

    /// <summary>The types that there are models of.</summary>
    public static IEnumerable<TensorType> Models => Root.Value.GetProperty("models").EnumerateObject().Select(model => Enum.Parse<TensorType>(model.Name));

    /// <summary>The prompt and logits of a model.</summary>
    public static JsonElement Model(TensorType type) => Root.Value.GetProperty("models").GetProperty(type.ToString());

    /// <summary>Generated blocks with the changes that make their scales valid.</summary>
    public static byte[] Blocks(TensorType type, string text, int blocks, JsonElement fields)
    {
        int size = type.BlockBytes();
        byte[] bytes = new byte[size * blocks];
        GeneratedWeights.Fill(bytes, text);
        foreach (JsonElement field in fields.EnumerateArray())
        {
            (int offset, byte keep, byte put) = (field[0].GetInt32(), field[1].GetByte(), field[2].GetByte());
            for (int start = 0; start < bytes.Length; start += size)
            {
                bytes[start + offset] = (byte)((bytes[start + offset] & keep) | put);
            }
        }

        return bytes;
    }

    /// <summary>The matrix that encoders are judged by, and the importance of its columns.</summary>
    public static (float[] Matrix, float[] Importance) Source()
    {
        float[][] parts = [.. Enumerable.Range(0, 3).Select(i => Generate($"matrix.{i}", Rows * Columns, 0, 0.03))];
        float[] matrix = new float[Rows * Columns];
        for (int i = 0; i < matrix.Length; i++)
        {
            (int row, int column) = Math.DivRem(i, Columns);
            matrix[i] = (parts[0][i] + parts[1][i] + parts[2][i]) * (1 + (row % 7)) * (column % 97 == 5 ? 4 : 1);
        }

        return (matrix, Generate("importance", Columns, 1, 0.9));
    }

    /// <summary>Writes the model of a type: that of <c>ggml_types.py</c>.</summary>
    public static void WriteModel(TensorType type, string path)
    {
        const int hidden = 256, layers = 2, queries = 4 * 64, keys = 2 * 64, feedForward = 512, vocabulary = 256;
        GgufMetadata metadata = new(path);
        metadata.Set("general.architecture", "qwen3");
        metadata.Set("qwen3.block_count", (uint)layers);
        metadata.Set("qwen3.context_length", 512u);
        metadata.Set("qwen3.embedding_length", (uint)hidden);
        metadata.Set("qwen3.feed_forward_length", (uint)feedForward);
        metadata.Set("qwen3.attention.head_count", 4u);
        metadata.Set("qwen3.attention.head_count_kv", 2u);
        metadata.Set("qwen3.attention.key_length", 64u);
        metadata.Set("qwen3.attention.value_length", 64u);
        metadata.Set("qwen3.attention.layer_norm_rms_epsilon", 1e-6f);
        metadata.Set("qwen3.rope.freq_base", 10000f);
        metadata.Set("qwen3.vocab_size", (uint)vocabulary);
        Dictionary<string, long[]> shapes = new()
        {
            ["token_embd.weight"] = [vocabulary, hidden],
            ["output_norm.weight"] = [hidden],
            ["output.weight"] = [vocabulary, hidden],
        };
        for (int layer = 0; layer < layers; layer++)
        {
            string block = $"blk.{layer}.";
            shapes[block + "attn_norm.weight"] = [hidden];
            shapes[block + "attn_q.weight"] = [queries, hidden];
            shapes[block + "attn_k.weight"] = [keys, hidden];
            shapes[block + "attn_v.weight"] = [keys, hidden];
            shapes[block + "attn_output.weight"] = [hidden, queries];
            shapes[block + "attn_q_norm.weight"] = [64];
            shapes[block + "attn_k_norm.weight"] = [64];
            shapes[block + "ffn_norm.weight"] = [hidden];
            shapes[block + "ffn_gate.weight"] = [feedForward, hidden];
            shapes[block + "ffn_up.weight"] = [feedForward, hidden];
            shapes[block + "ffn_down.weight"] = [hidden, feedForward];
        }

        JsonElement fields = Model(type).GetProperty("fields");
        using GgufWriter writer = new(path, metadata);
        foreach ((string name, long[] shape) in shapes)
        {
            writer.Declare(name, IsFloat(name) ? TensorType.F32 : type, shape);
        }

        foreach ((string name, long[] shape) in shapes)
        {
            int count = (int)shape.Aggregate(1L, (product, extent) => product * extent);
            if (IsFloat(name))
            {
                float[] values = new float[count];
                GeneratedWeights.Fill(values, $"types/{type}", name, shape.Length == 1 ? 1 : 0, shape.Length == 1 ? 0.2 : 1);
                writer.Write(name, MemoryMarshal.AsBytes(values.AsSpan()));
            }
            else
            {
                writer.Write(name, Blocks(type, $"types/{type}/{name}", count / type.BlockLength(), fields));
            }
        }

        writer.Complete();
    }

    private static bool IsFloat(string tensor) => FloatTensor().IsMatch(tensor);

    private static float[] Generate(string name, int count, double mean, double spread)
    {
        float[] values = new float[count];
        GeneratedWeights.Fill(values, "types", name, mean, spread);
        return values;
    }

    [GeneratedRegex("token_embd|norm", RegexOptions.CultureInvariant)]
    private static partial Regex FloatTensor();
}
