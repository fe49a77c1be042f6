namespace Winnow.Attention;

/// <summary>Values that suit a model better than the papers', a record for each method. What a user sets counts instead of them.</summary>
/// <param name="methods">Records of prompt and decode methods, with the values that were set.</param>
internal sealed class AttentionTuning(IReadOnlyList<object> methods)
{
    /// <summary>The values of a method; null where there are none.</summary>
    public T? Find<T>()
        where T : class => methods.OfType<T>().FirstOrDefault();
}
