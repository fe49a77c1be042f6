using System.Numerics.Tensors;
using Winnow.Formats;
using Winnow.Quantization;
using Winnow.Tensors;

namespace Winnow.Lab.Quantization;

/// <summary>Turns a GGUF model into one with other weight types, tensor by tensor, in bounded memory.</summary>
public static class ModelQuantizer
{
    /// <summary>The version of the block formats, which have not changed since.</summary>
    internal const uint QuantizationVersion = 2;

    /// <summary>Quantizes a model file.</summary>
    /// <param name="input">A GGUF file; of a split one, any part.</param>
    /// <param name="output">The file to write. It appears when it is complete; an existing one is replaced.</param>
    /// <param name="mix">The types to use.</param>
    /// <param name="options">Threads and permissions.</param>
    /// <param name="progress">Told often: after every few hundred thousand weights, on the calling thread.</param>
    /// <param name="cancellationToken">Ends the work; nothing is left behind.</param>
    /// <exception cref="ModelFormatException">
    /// The input is damaged, has values that the types cannot hold, or is quantized already; or the importance matrix is of another model.
    /// </exception>
    /// <exception cref="WinnowException">The output cannot be written, or is the input.</exception>
    /// <exception cref="OperationCanceledException">The work was cancelled.</exception>
    public static void Quantize(
        string input,
        string output,
        QuantizationMix mix,
        QuantizerOptions? options = null,
        IProgress<QuantizationProgress>? progress = null,
        CancellationToken cancellationToken = default)
    {
        options ??= new QuantizerOptions();
        using GgufFile source = GgufFile.Open(input);
        SameFile.Refuse(output, source.Files);
        TensorEntry[] entries = [.. source.Tensors.Values];
        TensorDescription[] tensors = [.. entries.Select(entry => new TensorDescription(entry.Name, entry.Type, entry.Shape))];
        Dictionary<string, TensorType> types = QuantizationMixes.Choose(
            mix, ModelTraits.Of(source.Metadata), tensors, options.Importance is not null, options.Pure);
        for (int i = 0; i < tensors.Length; i++)
        {
            TensorType target = types[tensors[i].Name];
            CheckConversion(input, entries[i], target, options);
            tensors[i] = tensors[i] with { Type = target };
        }

        GgufMetadata metadata = CopyMetadata(source.Metadata, output, mix);
        options.Importance?.Describe(metadata);
        using EncodedModelWriter writer = new(output, metadata, tensors, options.Threads, progress, cancellationToken);
        for (int i = 0; i < tensors.Length; i++)
        {
            if (entries[i].Type == tensors[i].Type)
            {
                writer.Copy(entries[i]);
            }
            else
            {
                writer.Write(ProducerOf(input, entries[i], tensors[i].Type), options.Importance?.WeigherOf(entries[i]));
            }
        }

        writer.Complete();
    }

    private static void CheckConversion(string input, TensorEntry tensor, TensorType target, QuantizerOptions options)
    {
        if (tensor.Type == target)
        {
            return;
        }

        if (!BlockCodec.CanDecode(tensor.Type))
        {
            throw new ModelFormatException(input, $"tensor '{tensor.Name}' is {tensor.Type}, which cannot be quantized to {target}");
        }

        if (tensor.Type.BlockLength() > 1 && !options.AllowRequantizing)
        {
            throw new ModelFormatException(
                input,
                $"tensor '{tensor.Name}' is quantized already ({tensor.Type}); start from an F32, F16 or BF16 file, "
                + "or allow requantizing, which costs accuracy");
        }
    }

    private static GgufMetadata CopyMetadata(GgufMetadata source, string output, QuantizationMix mix)
    {
        GgufMetadata metadata = new(output);
        foreach ((string key, object value) in source)
        {
            if (!key.StartsWith("split.", StringComparison.Ordinal))
            {
                metadata.Set(key, value);
            }
        }

        metadata.Set("general.quantization_version", QuantizationVersion);
        metadata.Set("general.file_type", (uint)mix);
        return metadata;
    }

    private static EncodedModelWriter.Producer ProducerOf(string input, TensorEntry tensor, TensorType target)
    {
        bool isLimited = target is not (TensorType.F32 or TensorType.BF16);
        return (first, values) =>
        {
            TensorType type = tensor.Type;
            BlockCodec.Decode(type, tensor.Bytes(type.SizeBytes(first), (int)type.SizeBytes(values.Length)), values);
            if (isLimited && !(MathF.Abs(TensorPrimitives.MaxMagnitude(values)) <= BlockCodec.LargestHalf))
            {
                int index = values.IndexOfAnyExceptInRange(-BlockCodec.LargestHalf, BlockCodec.LargestHalf);
                throw new ModelFormatException(
                    input,
                    $"tensor '{tensor.Name}' has the value {values[index]} at element {first + index}, "
                    + $"but {target} needs magnitudes below 65520");
            }
        };
    }
}
