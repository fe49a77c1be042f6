using System.Globalization;
using Microsoft.Extensions.Configuration;
using Winnow.Compute;
using Winnow.Generation;
using Winnow.Scheduling;
using Winnow.Tensors;

namespace Winnow.Extensions.AI;

/// <summary>A model of an application: what a section of its configuration says. Null stands for the engine's own default.</summary>
public sealed class WinnowOptions
{
    private const string Names =
        "ModelPath, ModelId, Device, GpuLayers, Threads, ContextLength, KvType, Attention, MaxConcurrency, QueueLimit, KvBudgetBytes, PrefixCacheBytes, SpillDirectory, MaxAnswerTokens";

    /// <summary>A GGUF file, or a Hugging Face directory. Required.</summary>
    public string ModelPath { get; set; } = "";

    /// <summary>What the model is called in responses and metrics.</summary>
    public string? ModelId { get; set; }

    /// <summary>What computes, see <see cref="EngineOptions.Device"/>.</summary>
    public string? Device { get; set; }

    /// <summary>How many layers the device computes: a number, <c>all</c> or <c>auto</c>.</summary>
    public string? GpuLayers { get; set; }

    /// <summary>Threads that compute.</summary>
    public int? Threads { get; set; }

    /// <summary>Tokens that prompt and answer may take together.</summary>
    public int? ContextLength { get; set; }

    /// <summary>How keys and values are stored: f32, f16, bf16, q8_0 or q4_0.</summary>
    public string? KvType { get; set; }

    /// <summary>How conversations attend, such as <c>token-sparse+delta</c>.</summary>
    public string? Attention { get; set; }

    /// <summary>Conversations that compute at the same time.</summary>
    public int? MaxConcurrency { get; set; }

    /// <summary>Requests that may wait.</summary>
    public int? QueueLimit { get; set; }

    /// <summary>Bytes of keys and values.</summary>
    public long? KvBudgetBytes { get; set; }

    /// <summary>Bytes of them that keep what was computed.</summary>
    public long? PrefixCacheBytes { get; set; }

    /// <summary>A folder for what the prefix cache has no room for.</summary>
    public string? SpillDirectory { get; set; }

    /// <summary>The longest answer of calls that set no limit.</summary>
    public int? MaxAnswerTokens { get; set; }

    /// <summary>What the engine is loaded with.</summary>
    /// <exception cref="ArgumentException">A value is not one that there is; the message names the option.</exception>
    public EngineOptions ToEngineOptions()
    {
        EngineOptions options = new() { ExpectedSession = ToSessionOptions() };
        options = Device is { } device ? options with { Device = device } : options;
        options = Threads is { } threads ? options with { Threads = threads } : options;
        return GpuLayers is not { } layers ? options
            : Compute.GpuLayers.TryParse(layers, out GpuLayers parsed) ? options with { GpuLayers = parsed }
            : throw new ArgumentException($"{nameof(GpuLayers)} is '{layers}'; allowed: a number, all or auto");
    }

    /// <summary>What the scheduler is started with.</summary>
    /// <exception cref="ArgumentException">A value is not one that there is; the message names the option.</exception>
    public SchedulerOptions ToSchedulerOptions()
    {
        SchedulerOptions options = new() { Session = ToSessionOptions(), KvBudgetBytes = KvBudgetBytes, SpillDirectory = SpillDirectory };
        return options with
        {
            MaxConcurrency = MaxConcurrency ?? options.MaxConcurrency,
            QueueLimit = QueueLimit ?? options.QueueLimit,
            PrefixCacheBytes = PrefixCacheBytes ?? options.PrefixCacheBytes,
            MaxAnswerTokens = MaxAnswerTokens ?? options.MaxAnswerTokens,
        };
    }

    /// <summary>Reads a section of a configuration. (By hand: that needs no reflection, and names what is wrong.)</summary>
    /// <exception cref="ArgumentException">A value cannot be read, or a key is not known; the message names it.</exception>
    internal void Read(IConfiguration section)
    {
        foreach (IConfigurationSection entry in section.GetChildren())
        {
            string? value = entry.Value;
            if (value is null)
            {
                continue;
            }

            switch (entry.Key.ToUpperInvariant())
            {
                case "MODELPATH": ModelPath = value; break;
                case "MODELID": ModelId = value; break;
                case "DEVICE": Device = value; break;
                case "GPULAYERS": GpuLayers = value; break;
                case "THREADS": Threads = Int(entry); break;
                case "CONTEXTLENGTH": ContextLength = Int(entry); break;
                case "KVTYPE": KvType = value; break;
                case "ATTENTION": Attention = value; break;
                case "MAXCONCURRENCY": MaxConcurrency = Int(entry); break;
                case "QUEUELIMIT": QueueLimit = Int(entry); break;
                case "KVBUDGETBYTES": KvBudgetBytes = Long(entry); break;
                case "PREFIXCACHEBYTES": PrefixCacheBytes = Long(entry); break;
                case "SPILLDIRECTORY": SpillDirectory = value; break;
                case "MAXANSWERTOKENS": MaxAnswerTokens = Int(entry); break;
                default:
                    throw new ArgumentException($"configuration {entry.Path}: there is no such option; options are {Names}");
            }
        }
    }

    private SessionOptions ToSessionOptions()
    {
        SessionOptions options = new() { ContextLength = ContextLength };
        options = Attention is { } attention ? options with { Attention = AttentionOptions.Parse(attention) } : options;
        if (KvType is not { } name)
        {
            return options;
        }

        return Enum.TryParse(name, ignoreCase: true, out TensorType type)
            ? options with { KvType = type }
            : throw new ArgumentException($"{nameof(KvType)} is '{name}'; allowed: f32, f16, bf16, q8_0 or q4_0");
    }

    private static int Int(IConfigurationSection entry) =>
        int.TryParse(entry.Value, NumberStyles.Integer, CultureInfo.InvariantCulture, out int number) ? number : throw NoNumber(entry);

    private static long Long(IConfigurationSection entry) =>
        long.TryParse(entry.Value, NumberStyles.Integer, CultureInfo.InvariantCulture, out long number) ? number : throw NoNumber(entry);

    private static ArgumentException NoNumber(IConfigurationSection entry) =>
        new($"configuration {entry.Path} is '{entry.Value}'; allowed: whole numbers");
}
