using Winnow.Templates.Jinja.Library;

namespace Winnow.Templates.Jinja.Nodes;

/// <summary><c>value | name(arguments)</c>; without a value it is the filter of a block, which gives it one.</summary>
internal sealed class FilterExpression(int line, Expression? value, string name, ArgumentList arguments) : Expression(line)
{
    public override object? Evaluate(Scope scope) => Evaluate(scope, null);

    /// <summary>Filters the text of a block, where the innermost filter of the chain has no value of its own.</summary>
    public object? Evaluate(Scope scope, string? blockText)
    {
        scope.Runtime.Step(Line);
        object? input = value switch
        {
            null => blockText,
            FilterExpression inner => inner.Evaluate(scope, blockText),
            _ => value.Evaluate(scope),
        };
        Values.CallArguments values = arguments.Evaluate(scope);
        scope.Runtime.Step(Line);
        return Filters.Apply(scope.Runtime, name, input, values);
    }
}

/// <summary><c>value is name(arguments)</c></summary>
internal sealed class TestExpression(int line, Expression value, string name, ArgumentList arguments) : Expression(line)
{
    public override object? Evaluate(Scope scope)
    {
        scope.Runtime.Step(Line);
        object? input = value.Evaluate(scope);
        return Tests.Apply(scope.Runtime, name, input, arguments.Evaluate(scope));
    }
}
