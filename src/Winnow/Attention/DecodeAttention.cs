namespace Winnow.Attention;

/// <summary>A method that makes decode steps in a long context cheaper.</summary>
public abstract record DecodeAttention
{
    private protected DecodeAttention()
    {
    }

    internal abstract string Specification { get; }

    /// <summary>Creates the state of one session.</summary>
    internal abstract DecodeMethod CreateMethod(MethodSetup setup);
}
