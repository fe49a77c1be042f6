using System.Collections.Concurrent;
using Winnow.Calibration;
using Winnow.Compute;
using Winnow.Formats;
using Winnow.Models.Config;
using Winnow.Models.Forward;
using Winnow.Models.Weights;

namespace Winnow.Models;

/// <summary>A model on a device: mapped file, weights and the transformer over them. Immutable; shared by sessions.</summary>
internal sealed class Model : IDisposable
{
    private readonly ITensorFile _file;
    private readonly TransformerWeights _weights;
    private readonly ConcurrentDictionary<int, RopeFrequencies?[]> _ropes = new();

    private Model(ITensorFile file, LayerDevices devices, ModelConfig config, TransformerWeights weights, Transformer transformer, ModelInfo info, ModelCalibration calibration)
    {
        _file = file;
        _weights = weights;
        Devices = devices;
        Config = config;
        Transformer = transformer;
        Info = info;
        Calibration = calibration;
    }

    /// <summary>Where its layers lie.</summary>
    public LayerDevices Devices { get; }

    /// <summary>The hyper-parameters.</summary>
    public ModelConfig Config { get; }

    /// <summary>What runs it.</summary>
    public Transformer Transformer { get; }

    /// <summary>What is known of it.</summary>
    public ModelInfo Info { get; }

    /// <summary>What was calibrated for it.</summary>
    public ModelCalibration Calibration { get; }

    /// <summary>The metadata of a GGUF file, which tokenizer and template come from; null for a Hugging Face folder.</summary>
    public GgufMetadata? Metadata => (_file as GgufFile)?.Metadata;

    /// <summary>Loads a GGUF file or a Hugging Face folder onto devices that are known.</summary>
    /// <inheritdoc cref="Load(string, Func{ModelMemory, LayerDevices}, string?, IProgress{double}?, bool, CancellationToken)"/>
    public static Model Load(
        string path, LayerDevices devices, string? calibrationPath = null, IProgress<double>? progress = null, bool maps = true, CancellationToken cancellation = default) =>
        Load(path, _ => devices, calibrationPath, progress, maps, cancellation);

    /// <summary>Loads a GGUF file or a Hugging Face folder. Weights stay in the mapped file where the device can use them there.</summary>
    /// <param name="path">A .gguf file, any part of a split one, or a folder with config.json and safetensors files.</param>
    /// <param name="place">Says where to compute each layer, knowing what they need.</param>
    /// <param name="calibrationPath">The calibration file; null for the one beside the model, where there is one that fits.</param>
    /// <param name="progress">Told the fraction that is loaded, or null.</param>
    /// <param name="maps">Whether the file is mapped, instead of being read into memory.</param>
    /// <param name="cancellation">Looked at between layers.</param>
    /// <exception cref="ModelFormatException">The file is missing, damaged, not a model that fits together, or of an architecture without a descriptor.</exception>
    /// <exception cref="WinnowException">The calibration file that was named does not serve.</exception>
    public static Model Load(
        string path, Func<ModelMemory, LayerDevices> place, string? calibrationPath = null, IProgress<double>? progress = null, bool maps = true, CancellationToken cancellation = default)
    {
        ArgumentException.ThrowIfNullOrEmpty(path);
        (ITensorFile file, ModelConfig config) = Open(path, maps, cancellation);
        TransformerWeights? weights = null;
        try
        {
            LayerDevices devices = place(new ModelMemory(file, config));
            RequireRecurrences(devices, config, path);
            weights = WeightLoader.Load(devices, file, config, progress, cancellation);
            ModelInfo info = new(path, file, config) { Weights = weights };
            ModelCalibration calibration = ModelCalibration.Load(info.Identity, calibrationPath);
            return new Model(file, devices, config, weights, new Transformer(config, weights), info, calibration);
        }
        catch
        {
            weights?.Dispose();
            file.Dispose();
            throw;
        }
    }

    /// <summary>The rotation of each layer, null where there is none. Sequences of one model share them, so that a pass can turn all their rows at once.</summary>
    /// <param name="contextLength">Tokens that a sequence may hold.</param>
    public RopeFrequencies?[] RopesFor(int contextLength) =>
        _ropes.GetOrAdd(Config.RopeContext(contextLength), static (_, of) => of.Config.CreateRopes(of.ContextLength), (Config, ContextLength: contextLength));

    /// <summary>Refuses to go on with a file that was changed in place: weights that are read anew might not be there any more.</summary>
    /// <exception cref="ModelFormatException">Its length or time is another than when it was mapped.</exception>
    public void CheckFile()
    {
        switch (_file)
        {
            case GgufFile gguf: gguf.CheckUnchanged(); break;
            case SafetensorsFile safetensors: safetensors.CheckUnchanged(); break;
            default: break;
        }
    }

    /// <summary>Frees what the device holds and unmaps the file. Sessions must have ended.</summary>
    public void Dispose()
    {
        Calibration.Dispose();
        _weights.Dispose();
        _file.Dispose();
    }

    private static (ITensorFile File, ModelConfig Config) Open(string path, bool maps, CancellationToken cancellation)
    {
        if (Directory.Exists(path))
        {
            ModelConfig config = HuggingFaceConfigReader.Read(ModelFolder.Config(path));
            return (SafetensorsFile.Open(path, maps, cancellation), config);
        }

        GgufFile file = GgufFile.Open(path, maps, cancellation);
        try
        {
            return (file, GgufConfigReader.Read(file));
        }
        catch
        {
            file.Dispose();
            throw;
        }
    }

    /// <summary>Refuses layers with a state on a device that lacks their operations, before anything is loaded.</summary>
    private static void RequireRecurrences(LayerDevices devices, ModelConfig config, string path)
    {
        for (int i = 0; i < config.Layers.Count; i++)
        {
            if (config.Layers[i].Recurrent is { } recurrent && !devices.Of(i).HasRecurrences)
            {
                throw new ModelFormatException(
                    path,
                    $"is of architecture '{config.Architecture.HuggingFaceName}' with {recurrent.Name}, which {devices.Of(i).Name} does not compute: use --device cpu");
            }
        }
    }
}
