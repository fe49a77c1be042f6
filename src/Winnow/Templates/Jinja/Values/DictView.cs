namespace Winnow.Templates.Jinja.Values;

/// <summary>What a dict's <c>keys()</c>, <c>values()</c> or <c>items()</c> gives.</summary>
internal sealed class DictView(PythonDict dict, DictViewKind kind)
{
    public PythonDict Dict { get; } = dict;

    public DictViewKind Kind { get; } = kind;

    public int Count => Dict.Count;

    public IEnumerable<object?> Items => Dict.Entries.Select(entry => Kind switch
    {
        DictViewKind.Keys => entry.Key,
        DictViewKind.Values => entry.Value,
        _ => new PythonTuple([entry.Key, entry.Value]),
    });
}

internal enum DictViewKind
{
    Keys,
    Values,
    Items,
}
