namespace Winnow.Attention;

/// <summary>A method that makes the computation of a long prompt cheaper.</summary>
public abstract record PrefillAttention
{
    private protected PrefillAttention()
    {
    }

    internal abstract string Specification { get; }

    /// <summary>Creates the state of one session.</summary>
    internal abstract PrefillMethod CreateMethod(MethodSetup setup);
}
