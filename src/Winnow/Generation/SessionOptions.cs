using Winnow.Cache;
using Winnow.Compute;
using Winnow.Models;
using Winnow.Tensors;
using static Winnow.Limits;

namespace Winnow.Generation;

/// <summary>How a session keeps its context.</summary>
public sealed record SessionOptions
{
    /// <summary>Tokens that prompt and answer may take together; null for what the model was trained for.</summary>
    /// <remarks>Memory is taken page by page as the context grows, never ahead.</remarks>
    public int? ContextLength { get; init => field = Within(value, Positive); }

    /// <summary>How keys and values are stored: F32, F16, BF16, Q8_0 or Q4_0.</summary>
    public TensorType KvType { get; init => field = KvTypes.Checked(value); } = TensorType.F16;

    /// <summary>How keys are stored, where they differ from values; null for <see cref="KvType"/>.</summary>
    /// <remarks>Attention over keys and values of two types takes about 1.6 times as long as over those of one.</remarks>
    public TensorType? KeyType { get; init => field = value is { } type ? KvTypes.Checked(type) : null; }

    /// <summary>How values are stored, where they differ from keys; null for <see cref="KvType"/>.</summary>
    public TensorType? ValueType { get; init => field = value is { } type ? KvTypes.Checked(type) : null; }

    /// <summary>How the session attends: full attention unless said otherwise.</summary>
    public AttentionOptions Attention { get; init => field = NotNull(value); } = AttentionOptions.Full;

    /// <summary>Where keys and values lie, unless <see cref="Attention"/> says where; default the device's memory.</summary>
    public KvTier KvTier { get; init => field = Enum.IsDefined(value) ? value : throw OutOfRange(value, "Device, Ram or Disk"); }

    /// <summary>Bytes of keys and values that stay in memory when <see cref="KvTier"/> puts them on disk. 0 or more; default 512 MiB.</summary>
    public long KvResidentBytes { get; init => field = Within(value, 0, long.MaxValue); } = 512L << 20;

    /// <summary>The folder of scratch files, where keys and values lie on disk; null for the system's temporary folder.</summary>
    public string? ScratchDirectory { get; init; }

    /// <summary>Refuses what a model does not support, before a session is created.</summary>
    /// <returns>The options.</returns>
    /// <exception cref="ArgumentException">The model does not support one of them; the message names it.</exception>
    public SessionOptions CheckedFor(ModelInfo model)
    {
        ArgumentNullException.ThrowIfNull(model);
        if (ContextLength > model.ContextLength)
        {
            throw OutOfRange(ContextLength.Value, $"1 to {model.ContextLength}, what {model.Name} supports", nameof(ContextLength));
        }

        _ = new KvLayout(model.KvHeads, model.HeadDimension, model.HeadDimension, KeyType ?? KvType, ValueType ?? KvType);
        return this;
    }
}
