namespace Winnow.Templates.Jinja.Values;

/// <summary>Items that are made while they are read, and can be read once: what <c>map</c>, <c>select</c> and their kin give.</summary>
internal sealed class Generator(IEnumerable<object?> source)
{
    private IEnumerator<object?>? _items;

    public IEnumerable<object?> Items
    {
        get
        {
            _items ??= source.GetEnumerator();
            while (_items.MoveNext())
            {
                yield return _items.Current;
            }
        }
    }
}
