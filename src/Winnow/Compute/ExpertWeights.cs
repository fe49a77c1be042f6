namespace Winnow.Compute;

/// <summary>The experts of one layer and how a token chooses among them.</summary>
/// <param name="Gate">Each [feedForward, hidden]; null where experts are down(activation(up)).</param>
/// <param name="Up">Each [feedForward, hidden].</param>
/// <param name="Down">Each [hidden, feedForward].</param>
/// <param name="Activation">The non-linearity.</param>
/// <param name="Router">How a token chooses.</param>
internal sealed record ExpertWeights(ExpertMatrix? Gate, ExpertMatrix Up, ExpertMatrix Down, Activation Activation, ExpertRouter Router)
{
    /// <summary>Biases of the gates, [experts, feedForward], or null.</summary>
    public Matrix? GateBias { get; init; }

    /// <summary>Biases of the up projections, [experts, feedForward], or null.</summary>
    public Matrix? UpBias { get; init; }

    /// <summary>Biases of the down projections, [experts, hidden], or null.</summary>
    public Matrix? DownBias { get; init; }

    /// <summary>What is added to each expert's probability for the choice alone, [1, experts], or null.</summary>
    public Matrix? Correction { get; init; }

    /// <summary>What each expert's weight is multiplied with, [1, experts], or null.</summary>
    public Matrix? Scales { get; init; }

    /// <summary>How many experts there are.</summary>
    public int Count => Up.Count;

    /// <summary>Experts that each token takes.</summary>
    public int Used => Router.Used;
}
