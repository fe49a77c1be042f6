namespace Winnow.Templates.Jinja.Values;

/// <summary>What the global <c>cycler</c> makes: it gives its items in turn.</summary>
internal sealed class Cycler(object?[] items)
{
    private int _position;

    public object? Current => items[_position];

    public object? Next()
    {
        object? current = Current;
        _position = (_position + 1) % items.Length;
        return current;
    }

    public void Reset() => _position = 0;
}

/// <summary>What the global <c>joiner</c> makes: nothing at the first call, the separator at all others.</summary>
internal sealed class Joiner(object? separator)
{
    private bool _used;

    public object? Next()
    {
        object? result = _used ? separator : "";
        _used = true;
        return result;
    }
}
