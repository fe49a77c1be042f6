namespace Winnow.Comparison;

/// <summary>An engine that answers conversations together.</summary>
internal interface IContestant : IDisposable
{
    /// <summary>Answers so many new conversations at once.</summary>
    /// <param name="conversations">How many.</param>
    /// <param name="onFirst">Called when the last of them has its first token.</param>
    Task AnswerAsync(int conversations, Action onFirst);
}
