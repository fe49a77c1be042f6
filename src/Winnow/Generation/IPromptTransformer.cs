namespace Winnow.Generation;

/// <summary>A <see cref="PromptTransform"/> at work in one session.</summary>
internal interface IPromptTransformer : IDisposable
{
    /// <summary>The prompt that is computed in the place of the one that was given.</summary>
    IReadOnlyList<int> Transform(IReadOnlyList<int> prompt, CancellationToken cancellation);
}
