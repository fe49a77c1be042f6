namespace Winnow.Templates.Jinja.Values;

/// <summary>Python's tuple.</summary>
internal sealed class PythonTuple(object?[] items, string[]? fieldNames = null)
{
    public object?[] Items { get; } = items;

    /// <summary>The value of a named field, for the pairs that <c>groupby</c> makes.</summary>
    public bool TryGetField(string name, out object? value)
    {
        int index = fieldNames is null ? -1 : Array.IndexOf(fieldNames, name);
        value = index < 0 ? null : Items[index];
        return index >= 0;
    }
}
