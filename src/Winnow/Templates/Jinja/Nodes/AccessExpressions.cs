using Winnow.Templates.Jinja.Values;

namespace Winnow.Templates.Jinja.Nodes;

internal sealed class NameExpression(int line, string name) : Expression(line)
{
    public string Name { get; } = name;

    public override object? Evaluate(Scope scope) => scope.Get(Name);
}

/// <summary><c>owner.name</c>: an attribute, else an item.</summary>
internal sealed class AttributeExpression(int line, Expression owner, string name) : Expression(line)
{
    public override object? Evaluate(Scope scope)
    {
        scope.Runtime.Step(Line);
        return scope.Runtime.GetAttribute(owner.Evaluate(scope), name);
    }
}

/// <summary><c>owner[key]</c>: an item, else an attribute.</summary>
internal sealed class ItemExpression(int line, Expression owner, Expression key) : Expression(line)
{
    public override object? Evaluate(Scope scope)
    {
        scope.Runtime.Step(Line);
        object? container = owner.Evaluate(scope);
        return scope.Runtime.GetItem(container, key.Evaluate(scope));
    }
}

/// <summary><c>owner[start:stop:step]</c></summary>
internal sealed class SliceExpression(int line, Expression owner, Expression? start, Expression? stop, Expression? step) : Expression(line)
{
    public override object? Evaluate(Scope scope)
    {
        scope.Runtime.Step(Line);
        object? container = owner.Evaluate(scope);
        return scope.Runtime.GetSlice(container, start?.Evaluate(scope), stop?.Evaluate(scope), step?.Evaluate(scope));
    }
}

internal sealed class CallExpression(int line, Expression callee, ArgumentList arguments) : Expression(line)
{
    public override object? Evaluate(Scope scope) => Evaluate(scope, null);

    /// <summary>Calls with the body of a call block as the keyword argument <c>caller</c>.</summary>
    public object? Evaluate(Scope scope, Macro? caller)
    {
        scope.Runtime.Step(Line);
        object? function = callee.Evaluate(scope);
        CallArguments values = arguments.Evaluate(scope, caller);
        scope.Runtime.Step(Line);
        return scope.Runtime.Call(function, values);
    }
}
