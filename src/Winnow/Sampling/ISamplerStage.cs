namespace Winnow.Sampling;

/// <summary>A stage of an application's own in the chain that narrows the candidates for the next token.</summary>
/// <remarks>It follows one text. Where it keeps something from token to token, <see cref="Begin"/> gives each text its own.</remarks>
public interface ISamplerStage
{
    /// <summary>Removes candidates or changes their logits; after every other stage but the temperature, and also where that is 0.</summary>
    /// <param name="candidates">At least one; at least one must be left.</param>
    void Apply(SamplerCandidates candidates);

    /// <summary>The same at the beginning of a text; itself where it keeps nothing.</summary>
    ISamplerStage Begin() => this;
}
