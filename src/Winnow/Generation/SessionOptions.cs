using Winnow.Tensors;
using static Winnow.Limits;

namespace Winnow.Generation;

/// <summary>How a session keeps its context.</summary>
public sealed record SessionOptions
{
    /// <summary>Tokens that prompt and answer may take together; null for what the model was trained for.</summary>
    /// <remarks>Memory is taken page by page as the context grows, never ahead.</remarks>
    public int? ContextLength { get; init => field = Within(value, Positive); }

    /// <summary>How keys and values are stored: F32, F16 or Q8_0.</summary>
    public TensorType KvType { get; init; } = TensorType.F16;

    /// <summary>How the session attends: full attention unless said otherwise.</summary>
    public AttentionOptions Attention { get; init; } = AttentionOptions.Full;

    /// <summary>The folder of scratch files, where <see cref="Attention"/> keeps keys and values on disk; null for the system's temporary folder.</summary>
    public string? ScratchDirectory { get; init; }
}
