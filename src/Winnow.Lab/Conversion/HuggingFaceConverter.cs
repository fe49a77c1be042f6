using Winnow.Compute.Cpu;
using Winnow.Formats;
using Winnow.Lab.Quantization;
using Winnow.Models.Architectures;
using Winnow.Models.Config;
using Winnow.Models.Weights;
using Winnow.Tensors;

namespace Winnow.Lab.Conversion;

/// <summary>Turns a Hugging Face model folder into a GGUF file, tensor by tensor, in bounded memory.</summary>
/// <remarks>
/// Keys, tensor names and row orders are those that llama.cpp reads. What it has no key for (the window of Mistral, a scale of
/// scores that is not 1 / √headDimension) is written too, under the key that other architectures have for it.
/// </remarks>
public static class HuggingFaceConverter
{
    /// <summary>Converts a model.</summary>
    /// <param name="folder">A folder with config.json, safetensors files and, as a rule, tokenizer.json.</param>
    /// <param name="output">The file to write. It appears when it is complete; an existing one is replaced.</param>
    /// <param name="mix">How to store the weights; null for the way that the folder has them.</param>
    /// <param name="threads">How many threads encode; 0 for one a processor.</param>
    /// <param name="progress">Told often, on the calling thread.</param>
    /// <param name="cancellationToken">Ends the work; nothing is left behind.</param>
    /// <returns>What GGUF has no way to say, so that the file lacks it; one line each.</returns>
    /// <exception cref="ModelFormatException">The folder holds no model that fits together, or one of an architecture that is not supported.</exception>
    /// <exception cref="WinnowException">The output cannot be written, or is a file of the folder.</exception>
    /// <exception cref="OperationCanceledException">The work was cancelled.</exception>
    public static IReadOnlyList<string> Convert(
        string folder,
        string output,
        QuantizationMix? mix = null,
        int threads = 0,
        IProgress<QuantizationProgress>? progress = null,
        CancellationToken cancellationToken = default)
    {
        ArgumentException.ThrowIfNullOrEmpty(folder);
        ArgumentException.ThrowIfNullOrEmpty(output);
        if (!Directory.Exists(folder))
        {
            throw new ModelFormatException(folder, "is no folder: a Hugging Face model is one, with config.json and safetensors files");
        }

        ModelConfig config = HuggingFaceConfigReader.Read(Path.Combine(folder, "config.json"));
        using SafetensorsFile file = SafetensorsFile.Open(folder);
        SameFile.Refuse(output, [.. file.Files, .. Directory.EnumerateFiles(folder)]);
        Check(file, config, cancellationToken);

        List<ConvertedTensor> tensors = TensorConversion.Plan(file, config);
        QuantizationMix target = mix ?? MixOf(file, tensors);
        GgufMetadata metadata = new(output);
        string name = Path.GetFileName(Path.TrimEndingDirectorySeparator(Path.GetFullPath(folder)));
        GgufConfigWriter.Write(FoldedScales.Rest(config), TensorConversion.DenseLayers(file, config), name, target, metadata);
        WriteXielu(file, config, metadata);
        List<string> losses = TokenizerConversion.Write(folder, config, metadata);

        TensorDescription[] descriptions = [.. tensors.Select(tensor => tensor.Description)];
        Dictionary<string, TensorType> types = QuantizationMixes.Choose(target, ModelTraits.Of(metadata), descriptions);
        descriptions = Array.ConvertAll(descriptions, tensor => tensor with { Type = types[tensor.Name] });
        using EncodedModelWriter writer = new(output, metadata, descriptions, threads, progress, cancellationToken);
        for (int i = 0; i < descriptions.Length; i++)
        {
            writer.Write(tensors[i].ProducerFor(descriptions[i].Type));
        }

        writer.Complete();
        return losses;
    }

    /// <summary>Loading finds whatever is missing, unknown or of a wrong shape before anything is written.</summary>
    private static void Check(SafetensorsFile file, ModelConfig config, CancellationToken cancellationToken)
    {
        using CpuDevice device = new(new CpuDeviceOptions { Threads = 1 });
        using TransformerWeights weights = WeightLoader.Load(device, file, config, progress: null, cancellationToken);
    }

    /// <summary>The raw parameters of learnt activations are lists of metadata.</summary>
    private static void WriteXielu(SafetensorsFile file, ModelConfig config, GgufMetadata metadata)
    {
        if (config.Architecture.ReadXielu is not null)
        {
            foreach ((string key, string parameter) in Apertus.Parameters)
            {
                metadata.Set(key, (float[])[.. Enumerable.Range(0, config.Layers.Count).Select(layer => FloatTensor.Decode(file.Path, file.Tensors[Apertus.TensorOf(layer, parameter)])[0])]);
            }
        }
    }

    private static QuantizationMix MixOf(SafetensorsFile file, List<ConvertedTensor> tensors)
    {
        TensorType type = tensors
            .GroupBy(tensor => tensor.SourceType)
            .MaxBy(group => group.Sum(tensor => tensor.Description.ElementCount))!.Key;
        return type switch
        {
            TensorType.F32 => QuantizationMix.F32,
            TensorType.F16 => QuantizationMix.F16,
            TensorType.BF16 => QuantizationMix.BF16,
            _ => throw new ModelFormatException(file.Path, $"has weights of type {type}; name the type to write"),
        };
    }
}
