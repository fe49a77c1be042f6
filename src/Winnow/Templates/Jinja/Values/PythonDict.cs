using System.Runtime.InteropServices;

namespace Winnow.Templates.Jinja.Values;

/// <summary>Python's dict: keys in the order of their insertion, <c>1</c>, <c>1.0</c> and <c>True</c> being one key.</summary>
internal sealed class PythonDict(Runtime runtime)
{
    private readonly Dictionary<object, int> _index = new(runtime);
    private readonly List<KeyValuePair<object?, object?>> _entries = [];

    public int Count => _entries.Count;

    public IReadOnlyList<KeyValuePair<object?, object?>> Entries => _entries;

    public IEnumerable<object?> Keys => _entries.Select(entry => entry.Key);

    public void Set(object? key, object? value)
    {
        ref int index = ref CollectionsMarshal.GetValueRefOrAddDefault(_index, Wrap(key), out bool exists);
        if (exists)
        {
            _entries[index] = new(_entries[index].Key, value);
            return;
        }

        index = _entries.Count;
        _entries.Add(new(key, value));
    }

    public bool TryGet(object? key, out object? value)
    {
        bool found = _index.TryGetValue(Wrap(key), out int index);
        value = found ? _entries[index].Value : null;
        return found;
    }

    // None is a key like others in Python.
    private static object Wrap(object? key) => key ?? Missing.Value;
}
