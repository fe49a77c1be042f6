using System.CommandLine;
using System.Globalization;
using Winnow.Cache;
using Winnow.Cli.Help;
using Winnow.Cli.Output;
using Winnow.Compute;
using Winnow.Compute.Cpu;
using Winnow.Generation;
using Winnow.Models;
using Winnow.Tensors;

namespace Winnow.Cli.Options;

/// <summary>Which model, on what, with which context: the options that most commands share.</summary>
internal sealed class ModelOptions
{
    /// <summary>What <see cref="EngineOptions.Threads"/> allows.</summary>
    private const int MaxThreads = 4096;

    private readonly Option<string?> _model = new("--model", "-m") { Description = "GGUF file or Hugging Face directory; the bundled lab model by default.", HelpName = "FILE" };

    private readonly Option<int> _threads = ThreadsOption();

    private readonly Option<int?> _context = new("--ctx", "-c", "--ctx-size") { Description = "Context length in tokens; 0, as by default: what the model was trained for.", HelpName = "N" };

    private readonly Option<string> _kvType = new("--kv-type") { Description = "How keys and values are stored: f32, f16, bf16, q8_0 or q4_0, or one for each, such as q8_0,q4_0.", DefaultValueFactory = _ => "f16", HelpName = "TYPE" };

    private readonly Option<string> _kvTier = new("--kv-tier") { Description = "Where keys and values lie, unless the attention method says where.", DefaultValueFactory = _ => "device" };

    private readonly Option<string> _device = new("--device") { Description = "What computes, by a name that winnow devices lists; several of a kind share the layers: vulkan:0,1.", DefaultValueFactory = _ => "cpu", HelpName = "NAME" };

    private readonly Option<GpuLayers> _gpuLayers = new("--gpu-layers", "-ngl", "--n-gpu-layers") { Description = "Layers, the last ones, that the device computes, and the processor the others: a number, auto for as many as fit, or all, as by default.", HelpName = "N" };

    private readonly Option<string?> _isa = new("--isa") { Description = "Instruction set of the CPU kernels; the widest available by default." };

    private readonly Option<bool> _noMmap = new("--no-mmap") { Description = "Read the weights into memory instead of mapping the file, which then may change." };

    private readonly Option<bool> _verbose = new("--verbose", "-v") { Description = "Say on stderr what was loaded and chosen." };

    private readonly Option<string?> _calibration = new("--calibration") { Description = "Calibration file of the model; by default the one beside it, where there is one.", HelpName = "FILE" };

    private readonly Option<string?> _scratch = new("--scratch") { Description = "Folder for keys and values on disk (--kv-tier disk); the system's temporary one by default.", HelpName = "DIR" };

    private readonly Option<string> _attention = new("--attention") { Description = "How to attend, such as recycled, delta:budget=1024, token-sparse+delta; bench and eval take several, separated by ;", DefaultValueFactory = _ => "full", HelpName = "SPEC" };

    private readonly HashSet<string> _notes = [];

    public ModelOptions()
    {
        _kvType.Validators.Add(result =>
        {
            try
            {
                ParseKvTypes(result.GetValueOrDefault<string>()!);
            }
            catch (UsageException e)
            {
                result.AddError(e.Message);
            }
        });
        _kvTier.AcceptOnlyFromAmong("device", "ram", "disk");
        _device.Validators.Add(result =>
        {
            string name = result.GetValueOrDefault<string>()!;
            if (!Devices.Kinds.Contains(KindOf(name), StringComparer.OrdinalIgnoreCase))
            {
                result.AddError($"--device: there is no device '{name}'; there are {string.Join(", ", Devices.List().Where(device => device.Refusal is null).Select(device => device.Name))}");
            }
        });
        _gpuLayers.CustomParser = result =>
        {
            string text = result.Tokens[0].Value;
            if (!GpuLayers.TryParse(text, out GpuLayers layers))
            {
                result.AddError($"--gpu-layers: '{text}' is none of auto, all and a whole number such as 12");
            }

            return layers;
        };
        _context.AtLeast(0);
        _isa.AcceptOnlyFromAmong([.. Enum.GetValues<CpuIsa>().Select(NameOf)]);
    }

    public ModelOptions AddTo(Command command)
    {
        command.Add(_model);
        foreach (Option option in (Option[])[_attention, _context, _kvType, _kvTier, _scratch, _calibration])
        {
            command.Add(option.Under(HelpTopics.Attention));
        }

        foreach (Option option in (Option[])[_device, _gpuLayers, _threads, _isa, _noMmap, _verbose])
        {
            command.Add(option.Under(HelpTopics.Model));
        }

        return this;
    }

    /// <summary>How many threads compute.</summary>
    public static Option<int> ThreadsOption() =>
        new Option<int>("--threads", "-t") { Description = "Threads that compute, up to one per core; 0, as by default: one per core.", HelpName = "N" }
            .Within(0, MaxThreads).Under(HelpTopics.Model);

    /// <summary>The threads asked for, no more than there are cores: those that do not run keep the others waiting.</summary>
    public static int ThreadCount(ParseResult parsed, Option<int> threads)
    {
        int asked = parsed.GetValue(threads);
        if (asked <= Environment.ProcessorCount)
        {
            return asked;
        }

        Console.Error.WriteLine($"note: {asked} threads are asked for, and {Environment.ProcessorCount} cores can be used: so many threads compute");
        return Environment.ProcessorCount;
    }

    /// <summary>A type for both, or one for keys and one for values.</summary>
    public static (TensorType Key, TensorType Value) ParseKvTypes(string names) => names.Split(',') switch
    {
        [string both] => (ParseKvType(both), ParseKvType(both)),
        [string key, string value] => (ParseKvType(key), ParseKvType(value)),
        _ => throw new UsageException($"'{names}' are too many types: keys have one, and values"),
    };

    private static TensorType ParseKvType(string name) => name switch
    {
        "f32" => TensorType.F32,
        "f16" => TensorType.F16,
        "bf16" => TensorType.BF16,
        "q8_0" => TensorType.Q8_0,
        "q4_0" => TensorType.Q4_0,
        _ => throw new UsageException($"'{name}' is no type of keys and values; there are f32, f16, bf16, q8_0 and q4_0"),
    };

    /// <summary>An instruction set as <c>--isa</c> takes it.</summary>
    public static string NameOf(CpuIsa isa) => isa.ToString().ToLowerInvariant();

    private static string KindOf(string device) => device.Split(':')[0];

    public bool IsBundled(ParseResult parsed) => parsed.GetValue(_model) is null;

    public bool Verbose(ParseResult parsed) => parsed.GetValue(_verbose);

    /// <summary>What computes.</summary>
    public string Device(ParseResult parsed) => parsed.GetValue(_device)!;

    /// <summary>The file to load: the one named, or the bundled one.</summary>
    public string Path(ParseResult parsed) => parsed.GetValue(_model) ?? BundledModel.Find();

    /// <summary>Loads the model, with progress on stderr where it takes longer than a second.</summary>
    public Engine Load(ParseResult parsed, CancellationToken cancellationToken) => Load(parsed, Path(parsed), Device(parsed), cancellationToken);

    /// <summary>Loads another model than the one named, or on another device, with the options asked for.</summary>
    public Engine Load(ParseResult parsed, string path, string device, CancellationToken cancellationToken)
    {
        GpuLayers gpuLayers = parsed.GetValue(_gpuLayers);
        if (gpuLayers.IsAuto || gpuLayers.Count > 0)
        {
            RequireGpu(device);
        }

        EngineOptions options = new()
        {
            Device = device,
            GpuLayers = gpuLayers,
            ExpectedSession = SessionOptions(parsed),
            Threads = ThreadCount(parsed, _threads),
            MapsWeights = !parsed.GetValue(_noMmap),
            CalibrationPath = path == Path(parsed) ? parsed.GetValue(_calibration) : null,
            Isa = parsed.GetValue(_isa) is { } isa ? Enum.Parse<CpuIsa>(isa, ignoreCase: true) : null,
        };
        using ProgressLine line = new("loading");
        Engine engine = UserInput.Read(() => Engine.Load(
            path, options, new SynchronousProgress<double>(fraction => line.Report(fraction, 1)), cancellationToken));
        if (Verbose(parsed))
        {
            Console.Error.WriteLine(string.Create(
                CultureInfo.InvariantCulture,
                $"{VisibleText.OneLine(engine.Model.Name)}: {engine.Model.Architecture}, {engine.Model.ParameterCount / 1e6:F1} M parameters, {engine.Model.SizeBytes / 1e6:F0} MB, {PlacementText.Devices(engine)}"));
        }

        if (gpuLayers.IsAuto || (Verbose(parsed) && engine.Placement.Count > 1))
        {
            Console.Error.WriteLine(PlacementText.Layers(engine));
        }

        try
        {
            CheckFit(parsed, engine.Model);
        }
        catch
        {
            engine.Dispose();
            throw;
        }

        return engine;
    }

    /// <summary>The attention methods asked for, in order.</summary>
    public IReadOnlyList<AttentionOptions> Attentions(ParseResult parsed)
    {
        try
        {
            return [.. parsed.GetValue(_attention)!.Split(';', StringSplitOptions.RemoveEmptyEntries | StringSplitOptions.TrimEntries).Select(AttentionOptions.Parse)];
        }
        catch (InvalidOptionException e)
        {
            throw new UsageException(e.Message);
        }
    }

    /// <summary>Starts a session with the context length, KV type and attention asked for.</summary>
    public Session CreateSession(ParseResult parsed, Engine engine)
    {
        IReadOnlyList<AttentionOptions> attentions = Attentions(parsed);
        return attentions.Count == 1
            ? CreateSession(parsed, engine, attentions[0])
            : throw new UsageException("--attention: name one method here");
    }

    /// <summary>Starts a session with the context length and KV type asked for.</summary>
    public Session CreateSession(ParseResult parsed, Engine engine, AttentionOptions attention)
    {
        Session session = UserInput.Read(() => engine.CreateSession(SessionOptions(parsed) with { Attention = attention }));
        WriteNotes(engine, [attention]);
        if (Verbose(parsed))
        {
            Console.Error.WriteLine($"context: {session.ContextLength} tokens, {parsed.GetValue(_kvType)} keys and values");
        }

        if (session.Diagnostics.ScratchDirectory is { } directory)
        {
            Console.Error.WriteLine(string.Create(
                CultureInfo.InvariantCulture,
                $"keys and values go to scratch files in {directory}: up to {session.Diagnostics.KvFullBytes / 1048576.0:F0} MiB for {session.ContextLength} tokens"));
        }

        return session;
    }

    /// <summary>Says on stderr, once, what methods do for want of a calibration.</summary>
    public void WriteNotes(Engine engine, IEnumerable<AttentionOptions> attentions)
    {
        foreach (string note in attentions.SelectMany(engine.NotesFor).Where(_notes.Add))
        {
            Console.Error.WriteLine($"note: {note}");
        }
    }

    /// <summary>The context length, KV type and tier asked for.</summary>
    public SessionOptions SessionOptions(ParseResult parsed) => new()
    {
        ContextLength = parsed.GetValue(_context) is > 0 and int context ? context : null,
        KeyType = ParseKvTypes(parsed.GetValue(_kvType)!).Key,
        ValueType = ParseKvTypes(parsed.GetValue(_kvType)!).Value,
        KvTier = Enum.Parse<KvTier>(parsed.GetValue(_kvTier)!, ignoreCase: true),
        ScratchDirectory = parsed.GetValue(_scratch),
    };

    private static void RequireGpu(string device)
    {
        if (KindOf(device).Equals("cpu", StringComparison.OrdinalIgnoreCase))
        {
            throw new UsageException("--gpu-layers: the device is the processor; name a GPU, such as --device vulkan (winnow devices lists what there is)");
        }
    }

    /// <summary>Refuses what the model cannot do, before anything is computed or printed.</summary>
    private void CheckFit(ParseResult parsed, ModelInfo model)
    {
        if (parsed.GetValue(_context) is { } context && context > model.ContextLength)
        {
            throw new UsageException($"--ctx is {context}; {model.Name} supports at most {model.ContextLength}");
        }

        UserInput.Read(() => SessionOptions(parsed).CheckedFor(model));
    }
}
