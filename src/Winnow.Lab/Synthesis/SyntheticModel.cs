using Winnow.Formats;
using Winnow.Lab.Quantization;
using Winnow.Tensors;

namespace Winnow.Lab.Synthesis;

/// <summary>Writes models of a given shape with random weights: for measuring speed and memory where no real model is at hand.</summary>
/// <remarks>
/// Experts of a layer are alike, so that a large mixture takes no longer to write than its bytes. Matrices have a standard deviation of 1/√inputs, which keeps activations near unit size through any number of layers. The
/// text that such a model generates means nothing.
/// </remarks>
public static class SyntheticModel
{
    private const string RopeFactors = "rope_freqs.weight";

    /// <summary>Writes a model, streamed to disk.</summary>
    /// <param name="output">The GGUF file to write. It appears when it is complete; an existing one is replaced.</param>
    /// <param name="shape">The shape, for example <see cref="SyntheticShape.Find"/> of a name.</param>
    /// <param name="mix">The types of the weights.</param>
    /// <param name="options">Seed and threads.</param>
    /// <param name="progress">Told often: after every few hundred thousand weights, on the calling thread.</param>
    /// <param name="cancellationToken">Ends the work; nothing is left behind.</param>
    /// <exception cref="ArgumentException">The shape is not possible.</exception>
    /// <exception cref="WinnowException">The output cannot be written.</exception>
    /// <exception cref="OperationCanceledException">The work was cancelled.</exception>
    public static void Write(
        string output,
        SyntheticShape shape,
        QuantizationMix mix,
        SyntheticOptions? options = null,
        IProgress<QuantizationProgress>? progress = null,
        CancellationToken cancellationToken = default)
    {
        options ??= new SyntheticOptions();
        GgufMetadata metadata = SyntheticMetadata.Of(shape, mix, output);
        TensorDescription[] tensors = [.. Tensors(shape)];
        Dictionary<string, TensorType> types = QuantizationMixes.Choose(mix, ModelTraits.Of(metadata), tensors);
        TensorDescription[] typed = [.. tensors.Select(tensor => tensor with { Type = types[tensor.Name] })];
        using EncodedModelWriter writer = new(output, metadata, typed, options.Threads, progress, cancellationToken);
        foreach (TensorDescription tensor in typed)
        {
            EncodedModelWriter.Producer producer = ProducerOf(tensor, shape, options.Seed);
            if (tensor.Shape.Count > 2)
            {
                writer.WriteRepeated(producer);
            }
            else
            {
                writer.Write(producer);
            }
        }

        writer.Complete();
    }

    /// <summary>The tensors of a shape, in file order, all F32.</summary>
    internal static IEnumerable<TensorDescription> Tensors(SyntheticShape shape)
    {
        long hidden = shape.HiddenSize;
        long queries = (long)shape.Heads * shape.HeadDim;
        long keys = (long)shape.KvHeads * shape.HeadDim;
        long inner = shape.FeedForwardSize;
        if (shape.RopeScale != 1)
        {
            yield return Vector(RopeFactors, shape.HeadDim / 2);
        }

        yield return Matrix("token_embd.weight", shape.VocabularySize, hidden);
        for (int layer = 0; layer < shape.Layers; layer++)
        {
            string prefix = $"blk.{layer}.";
            yield return Vector(prefix + "attn_norm.weight", hidden);
            yield return Matrix(prefix + "attn_q.weight", queries, hidden);
            yield return Matrix(prefix + "attn_k.weight", keys, hidden);
            yield return Matrix(prefix + "attn_v.weight", keys, hidden);
            if (shape.Architecture is "qwen3" or "qwen3moe")
            {
                yield return Vector(prefix + "attn_q_norm.weight", shape.HeadDim);
                yield return Vector(prefix + "attn_k_norm.weight", shape.HeadDim);
            }

            yield return Matrix(prefix + "attn_output.weight", hidden, queries);
            yield return Vector(prefix + "ffn_norm.weight", hidden);
            if (shape.Experts > 0)
            {
                yield return Matrix(prefix + "ffn_gate_inp.weight", shape.Experts, hidden);
                yield return Experts(prefix + "ffn_gate_exps.weight", shape.Experts, shape.ExpertFeedForwardSize, hidden);
                yield return Experts(prefix + "ffn_up_exps.weight", shape.Experts, shape.ExpertFeedForwardSize, hidden);
                yield return Experts(prefix + "ffn_down_exps.weight", shape.Experts, hidden, shape.ExpertFeedForwardSize);
                continue;
            }

            yield return Matrix(prefix + "ffn_gate.weight", inner, hidden);
            yield return Matrix(prefix + "ffn_up.weight", inner, hidden);
            yield return Matrix(prefix + "ffn_down.weight", hidden, inner);
        }

        yield return Vector("output_norm.weight", hidden);
        if (!shape.IsTied)
        {
            yield return Matrix("output.weight", shape.VocabularySize, hidden);
        }
    }

    private static TensorDescription Vector(string name, long length) => new(name, TensorType.F32, [length]);

    private static TensorDescription Matrix(string name, long outputs, long inputs) => new(name, TensorType.F32, [outputs, inputs]);

    private static TensorDescription Experts(string name, long experts, long outputs, long inputs) =>
        new(name, TensorType.F32, [experts, outputs, inputs]);

    private static EncodedModelWriter.Producer ProducerOf(TensorDescription tensor, SyntheticShape shape, ulong seed)
    {
        if (tensor.Name == RopeFactors)
        {
            return (first, values) => FillRopeFactors(shape, first, values);
        }

        NormalNoise noise = new(seed, tensor.Name);
        return tensor.IsMatrix
            ? (first, values) => noise.Fill(first, values, mean: 0, deviation: 1 / MathF.Sqrt(tensor.Columns))
            : (first, values) => noise.Fill(first, values, mean: 1, deviation: 0.1f);
    }

    /// <summary>
    /// Llama 3's scaling as GGUF stores it, one divisor a frequency: waves much shorter than the trained 8,192 positions stay, those
    /// longer are stretched by the factor, and between a quarter and the whole of them the two blend.
    /// </summary>
    private static void FillRopeFactors(SyntheticShape shape, long first, Span<float> values)
    {
        const double trained = 8192;
        const double shortWave = trained / 4;
        for (int i = 0; i < values.Length; i++)
        {
            double wave = 2 * Math.PI * Math.Pow(shape.RopeTheta, 2.0 * (first + i) / shape.HeadDim);
            double blend = (trained / wave - 1) / (4 - 1);
            values[i] = wave < shortWave ? 1
                : wave > trained ? shape.RopeScale
                : (float)(1 / ((1 - blend) / shape.RopeScale + blend));
        }
    }
}
