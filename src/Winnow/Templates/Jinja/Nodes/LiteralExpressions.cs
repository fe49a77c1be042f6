using Winnow.Templates.Jinja.Values;

namespace Winnow.Templates.Jinja.Nodes;

internal sealed class ConstantExpression(int line, object? value) : Expression(line)
{
    public object? Value { get; } = value;

    public override object? Evaluate(Scope scope) => Value;
}

internal sealed class ListExpression(int line, Expression[] items) : Expression(line)
{
    public override object? Evaluate(Scope scope)
    {
        scope.Runtime.Step(Line);
        List<object?> list = new(items.Length);
        foreach (Expression item in items)
        {
            list.Add(item.Evaluate(scope));
        }

        return list;
    }
}

internal sealed class TupleExpression(int line, Expression[] items) : Expression(line)
{
    public override object? Evaluate(Scope scope)
    {
        scope.Runtime.Step(Line);
        object?[] values = new object?[items.Length];
        for (int i = 0; i < values.Length; i++)
        {
            values[i] = items[i].Evaluate(scope);
        }

        return new PythonTuple(values);
    }
}

internal sealed class DictExpression(int line, (Expression Key, Expression Value)[] items) : Expression(line)
{
    public override object? Evaluate(Scope scope)
    {
        scope.Runtime.Step(Line);
        PythonDict dict = new(scope.Runtime);
        foreach ((Expression key, Expression value) in items)
        {
            dict.Set(key.Evaluate(scope), value.Evaluate(scope));
        }

        return dict;
    }
}
