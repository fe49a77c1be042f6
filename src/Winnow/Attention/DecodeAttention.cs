using Winnow.Cache;

namespace Winnow.Attention;

/// <summary>A method that makes decode steps in a long context cheaper.</summary>
public abstract record DecodeAttention
{
    private protected DecodeAttention()
    {
    }

    internal abstract string Specification { get; }

    /// <summary>Where the session keeps keys and values.</summary>
    internal virtual KvPlacement Placement => KvPlacement.Memory;

    /// <summary>Creates the state of one session.</summary>
    internal abstract DecodeMethod CreateMethod(MethodSetup setup);
}
