using Winnow.Templates.Jinja.Nodes;

namespace Winnow.Templates.Jinja.Values;

/// <summary>The variable <c>loop</c> of a for-loop; it reads items no sooner than it must.</summary>
internal sealed class LoopVariable(
    Runtime runtime, IEnumerator<object?> items, int? count, int depth, (ForStatement Statement, Scope Scope)? recursion) : IDisposable
{
    private readonly Queue<object?> _ahead = new();
    private object? _previous = Missing.Value;
    private object?[]? _lastChanged;
    private int _index = -1;

    public object? Current { get; private set; } = Missing.Value;

    public bool MoveNext()
    {
        if (!Peek())
        {
            return false;
        }

        _previous = Current;
        Current = _ahead.Dequeue();
        _index++;
        return true;
    }

    public bool TryGet(string name, out object? value)
    {
        value = name switch
        {
            "index" => (long)_index + 1,
            "index0" => (long)_index,
            "first" => _index == 0,
            "last" => !Peek(),
            "length" => (long)Length(),
            "revindex" => (long)Length() - _index,
            "revindex0" => (long)Length() - _index - 1,
            "depth" => (long)depth + 1,
            "depth0" => (long)depth,
            "previtem" => _index == 0 ? new Undefined("there is no previous item") : _previous,
            "nextitem" => Peek() ? _ahead.Peek() : new Undefined("there is no next item"),
            "cycle" => new Builtin("cycle", (_, _, arguments) => Cycle(arguments.Positional)),
            "changed" => new Builtin("changed", (_, _, arguments) => Changed(arguments.Positional)),
            _ => Missing.Value,
        };
        return value is not Missing;
    }

    /// <summary>Runs a recursive loop over other items.</summary>
    public object? Call(CallArguments arguments)
    {
        if (recursion is not var (statement, scope))
        {
            throw TemplateRuntimeException.Type("The loop must have the 'recursive' marker to be called recursively.");
        }

        return arguments is { Positional.Length: 1, Keywords.Length: 0 }
            ? statement.Recurse(scope, arguments.Positional[0], depth + 1)
            : throw TemplateRuntimeException.Type("loop() takes one argument");
    }

    public void Dispose() => items.Dispose();

    private object? Cycle(object?[] values) => values.Length > 0
        ? values[_index % values.Length]
        : throw TemplateRuntimeException.Type("no items for cycling given");

    private bool Changed(object?[] values)
    {
        bool isSame = _lastChanged is not null && _lastChanged.Length == values.Length
            && _lastChanged.Zip(values).All(pair => runtime.AreEqual(pair.First, pair.Second));
        _lastChanged = values;
        return !isSame;
    }

    private bool Peek()
    {
        if (_ahead.Count == 0 && items.MoveNext())
        {
            _ahead.Enqueue(items.Current);
        }

        return _ahead.Count > 0;
    }

    private int Length()
    {
        if (count is null)
        {
            while (items.MoveNext())
            {
                _ahead.Enqueue(items.Current);
            }

            count = _index + 1 + _ahead.Count;
        }

        return count.Value;
    }
}
